import type { Database, Reader } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { clockSlewMsMax } from '../domain/limits.ts';
import { latestCheckpoint, ledgerOrigin, type Checkpoint } from '../ledger/checkpoints.ts';
import { announcementText } from '../ledger/key-history.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isSignedBy, parseNote, parseVerifierKey } from '../ledger/signed-note.ts';
import type { CheckpointKeyFiles } from './checkpoint-key-files.ts';
import { generateCheckpointKey, openCheckpointKey, type CheckpointKey } from './checkpoint-key.ts';
import type { EvidenceKey } from './evidence-key.ts';

export type CheckpointKeyParts = {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly evidenceKey: EvidenceKey;
  readonly masterKey: Uint8Array;
  readonly files: Pick<CheckpointKeyFiles, 'read' | 'write' | 'handOver' | 'removeNext'>;
  /** How long a key signs. */
  readonly epochMs: number;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
};

/** An announcement as the ledger has it. */
type Announced = {
  readonly seq: number;
  readonly atMs: number;
  readonly keyLine: string;
  readonly epoch: number;
};

type Cause = 'first' | 'epoch' | 'lost';

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };
/** Of those, one is current and one is next. */
const announcedLookedAt = 100;

/**
 * The keys that sign checkpoints, one after another: who gets hold of today's cannot sign yesterday's ledger anew. A key
 * takes over in four steps, each durable before the next: it lies in its file; the ledger announces it, countersigned by
 * the evidence key; the key before it signs a checkpoint that has the announcement; the key before it is destroyed. So a
 * start that finds any of them done goes on with the next one.
 */
export class CheckpointKeys {
  readonly #parts: CheckpointKeyParts;
  #current: { readonly key: CheckpointKey; readonly announced: Announced } | undefined;
  #next: { readonly key: CheckpointKey; readonly announced: Announced } | undefined;

  constructor(parts: CheckpointKeyParts) {
    this.#parts = parts;
  }

  /** The key that signs now. */
  get signer(): CheckpointKey {
    if (this.#current === undefined) throw new Error('no checkpoint key was opened');
    return this.#current.key;
  }

  /** Whether one of the keys that lie here signed a note. They are sealed: nobody puts his own there. */
  hasSigned(note: string): boolean {
    const parsed = parseNote(note);
    return [this.#read('current'), this.#read('next')].some((key) => {
      const verifier = key === null ? null : parseVerifierKey(key.keyLine);
      return parsed !== null && verifier !== null && isSignedBy(parsed, verifier);
    });
  }

  /**
   * Finds the key, or makes the first one, and goes on with a change that was broken off.
   *
   * @param mayHandOver false where the key that signed last is still to tell that it did
   */
  async open(mayHandOver = true): Promise<void> {
    const { files } = this.#parts;
    const { announced, last } = await this.#parts.database.read(look);
    const find = (key: CheckpointKey | null) =>
      announced.find(({ keyLine }) => keyLine === key?.keyLine);
    const lastEpoch = epochOfSigner(last, announced);
    const next = this.#readNext(lastEpoch);
    const nextAnnounced = find(next);
    const current = this.#read('current');
    const isVouched = nextAnnounced !== undefined && nextAnnounced.seq <= (last?.size ?? 0);
    if (next !== null && isVouched && (mayHandOver || current === null)) {
      files.handOver();
      this.#current = { key: next, announced: nextAnnounced };
      return;
    }
    const currentAnnounced = find(current);
    if (current === null || currentAnnounced === undefined || current.epoch < lastEpoch)
      return this.#begin(current, announced);
    this.#current = { key: current, announced: currentAnnounced };
    if (next === null) return;
    if (nextAnnounced !== undefined) this.#next = { key: next, announced: nextAnnounced };
    else if (next.epoch === epochAfter(announced)) await this.#announceNext(next);
    else files.removeNext();
  }

  /** Before a checkpoint: where the time of the key is over, announces the next, so that this checkpoint has it. */
  async prepareNext(): Promise<void> {
    const { database, files, masterKey, epochMs, clock } = this.#parts;
    const { key, announced } = this.#current!;
    const ageMs = clock() - announced.atMs;
    // One of a time to come was announced by a clock that was ahead: it would sign until then.
    const isOver = ageMs >= epochMs || ageMs < -clockSlewMsMax;
    if (this.#next !== undefined || !isOver) return;
    const origin = await database.read(ledgerOrigin);
    const { announced: all } = await database.read(look);
    const found = this.#readNext(key.epoch);
    const foundAnnounced = all.find(({ keyLine }) => keyLine === found?.keyLine);
    // What failed behind the announcement took nothing of it back.
    if (found !== null && foundAnnounced !== undefined) {
      this.#next = { key: found, announced: foundAnnounced };
      return;
    }
    const next = generateCheckpointKey(origin, epochAfter(all));
    files.write('next', next.sealed(masterKey));
    await this.#announceNext(next);
  }

  /** After a checkpoint that is durable: where it has the next key's announcement, that one signs from now on. */
  settle({ size }: Pick<Checkpoint, 'size'>): void {
    if (this.#next === undefined || this.#next.announced.seq > size) return;
    this.#parts.files.handOver();
    this.#current = this.#next;
    this.#next = undefined;
  }

  /** There is no key, or none that may go on: a new beginning, with nobody but the evidence key to speak for it. */
  async #begin(found: CheckpointKey | null, announced: readonly Announced[]): Promise<void> {
    const { database, files, masterKey } = this.#parts;
    const epoch = epochAfter(announced);
    // A start that ended between the file and the ledger left one that nobody has heard of yet.
    const isFresh = found?.epoch === epoch && !announced.some((a) => a.keyLine === found.keyLine);
    const key = isFresh ? found : generateCheckpointKey(await database.read(ledgerOrigin), epoch);
    if (!isFresh) files.write('current', key.sealed(masterKey));
    files.removeNext();
    const cause = announced.length === 0 ? 'first' : 'lost';
    this.#current = { key, announced: await this.#announce(key, cause, null) };
  }

  async #announceNext(key: CheckpointKey): Promise<void> {
    const announced = await this.#announce(key, 'epoch', this.signer.keyLine);
    this.#next = { key, announced };
  }

  async #announce(key: CheckpointKey, cause: Cause, follows: string | null): Promise<Announced> {
    const { database, ledger, evidenceKey } = this.#parts;
    const { keyLine, epoch } = key;
    await database.write(async (unit) => {
      const previous = ((await latestCheckpoint(unit))?.hash ?? Buffer.alloc(32)).toString(
        'base64',
      );
      const announced = { publicKey: keyLine, epoch, follows, cause, previous };
      // Not before the unit: the evidence key may be another one by then, and who verifies goes by the order of the rows.
      const signature = evidenceKey.sign('checkpointKey', announcementText(announced));
      await ledger.append(unit, {
        origin: serverOrigin,
        outcome: 'success',
        reason: null,
        event: { event: 'checkpoint-key.announced.1', ...announced, signature },
      });
    });
    const { announced } = await database.read(look);
    const own = announced.find((each) => each.keyLine === keyLine);
    if (own === undefined) throw new Error('the key that was announced is not in the ledger');
    return own;
  }

  /** One that has signed before, or was followed, comes from somebody who kept it. */
  #readNext(lastEpoch: number): CheckpointKey | null {
    const next = this.#read('next');
    if (next === null || next.epoch > lastEpoch) return next;
    this.#parts.files.removeNext();
    return null;
  }

  #read(place: 'current' | 'next'): CheckpointKey | null {
    const text = this.#parts.files.read(place);
    return text === null ? null : openCheckpointKey(text, this.#parts.masterKey);
  }
}

async function look(
  reader: Reader,
): Promise<{ readonly announced: readonly Announced[]; readonly last: Checkpoint | undefined }> {
  const rows = await reader.query
    .selectFrom('ledger')
    .select(['seq', 'at', 'body'])
    .where('event', '=', 'checkpoint-key.announced.1')
    .orderBy('seq', 'desc')
    .limit(announcedLookedAt)
    .execute();
  const announced = rows.map(({ seq, at, body }) => {
    const { publicKey, epoch } = JSON.parse(body) as { publicKey: string; epoch: number };
    return { seq, atMs: at, keyLine: publicKey, epoch };
  });
  return { announced, last: await latestCheckpoint(reader) };
}

/** Each is announced once, whatever became of its key. @param announced the newest first */
function epochAfter(announced: readonly Announced[]): number {
  return (announced[0]?.epoch ?? 0) + 1;
}

/** Of the key that signed a checkpoint; 0 where nobody knows it. */
function epochOfSigner(last: Checkpoint | undefined, announced: readonly Announced[]): number {
  const signatures = last === undefined ? [] : (parseNote(last.note)?.signatures ?? []);
  const signer = announced.find(({ keyLine }) =>
    signatures.some(({ keyId }) => keyId === parseVerifierKey(keyLine)?.keyId),
  );
  return signer?.epoch ?? 0;
}

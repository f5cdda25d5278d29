import { makeCheckpoint, type CheckpointParts } from '../ledger/checkpoint-making.ts';
import { latestCheckpoint } from '../ledger/checkpoints.ts';
import { parseCheckpoint } from '../ledger/checkpoint-note.ts';
import type { CheckpointLog } from '../ledger/checkpoint-log.ts';
import type { LedgerTail } from '../ledger/tail.ts';
import type { Witness } from '../ledger/witness-directory.ts';
import type { CheckpointKeys } from './checkpoint-keys.ts';

/** At the latest so long after a row, and after so many rows. */
const everyMs = 60_000;
const rowsMax = 1_000;

export type CheckpointingParts = CheckpointParts & {
  readonly tail: Pick<LedgerTail, 'follow' | 'lastSeq'>;
  readonly keys: Pick<CheckpointKeys, 'open' | 'hasSigned' | 'prepareNext' | 'settle' | 'signer'>;
  readonly log: Pick<CheckpointLog, 'catchUp'>;
  /** What was signed last, where nobody is who can write to the database alone. */
  readonly head: {
    read(): Promise<string | null>;
    /** Why the ledger is not that which was signed; null where it is. */
    problem(): Promise<string | null>;
    keep(note: string): Promise<void>;
  };
  readonly witnesses: readonly Witness[];
  /** What no crash leaves behind: somebody has put other files in place. */
  readonly onTampering: (problem: string) => void;
  /** What did not work and is tried again. */
  readonly onTrouble: (words: string, error: unknown) => void;
  readonly everyMs?: number;
  readonly rowsMax?: number;
};

/** What does not work now, in words for the operator, and since when (milliseconds since the epoch). */
export type CheckpointTrouble = { readonly words: string; readonly sinceMs: number };

/** Makes checkpoints as the ledger grows, and tells them to the file and the witnesses. One thing at a time. */
export class Checkpointing {
  readonly #parts: CheckpointingParts;
  readonly #troubles = new Map<string, CheckpointTrouble>();
  #size = 0;
  #made = 0;
  #turn: Promise<void> = Promise.resolve();
  #isWaiting = false;
  #hasKey = false;
  /** The newest note that was signed here; null where nothing is known of one. */
  #head: string | null = null;
  /** Whether no older one is beside the keys. */
  #isHeadTold = true;
  #isHeadKept = true;
  #timer: NodeJS.Timeout | undefined;
  #unfollow: () => void = () => undefined;

  constructor(parts: CheckpointingParts) {
    this.#parts = parts;
  }

  /** Rows that the newest checkpoint is of. */
  get size(): number {
    return this.#size;
  }

  /** Checkpoints since the start. */
  get made(): number {
    return this.#made;
  }

  /** Whether what is there is signed, as far as it can be told. */
  get isSigning(): boolean {
    return !['head', 'key', 'checkpoints'].some((what) => this.#troubles.has(what));
  }

  get troubles(): readonly CheckpointTrouble[] {
    return [...this.#troubles.values()];
  }

  /** Opens the key that signs, and from then on makes checkpoints. @throws where the ledger or the key's file cannot be written */
  async start(): Promise<void> {
    const { database, tail } = this.#parts;
    if (await this.#isContinued()) await this.#openKey();
    this.#size = (await database.read(latestCheckpoint))?.size ?? 0;
    this.#timer = setInterval(() => this.#soon(), this.#parts.everyMs ?? everyMs).unref();
    this.#unfollow = tail.follow(() => {
      if (tail.lastSeq - this.#size >= (this.#parts.rowsMax ?? rowsMax)) this.#soon();
    });
    // What a stop left untold.
    this.#inTurn(() => this.#tell());
  }

  /** Makes one now, where there is anything new. It never fails: what did not work is in `troubles`. */
  async now(): Promise<void> {
    this.#soon();
    await this.#turn;
  }

  /** The last one; it has every row but its own. */
  async stop(): Promise<void> {
    this.#unfollow();
    clearInterval(this.#timer);
    await this.now();
  }

  #soon(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#inTurn(async () => {
      this.#isWaiting = false;
      await this.#make();
      await this.#tell();
    });
  }

  #inTurn(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work);
  }

  /** Whether the ledger is the one that was signed last, as far as it can be told: another one is not signed. */
  async #isContinued(): Promise<boolean> {
    const { head, onTampering } = this.#parts;
    await this.#trying('head', 'no checkpoint is made of a ledger that is another', async () => {
      const problem = (await head.problem()) ?? (this.#hasKey ? null : await this.#settleHead());
      if (problem === null) return;
      onTampering(problem);
      throw new Error(problem);
    });
    return !this.#troubles.has('head');
  }

  async #openKey(): Promise<void> {
    if (this.#hasKey) return;
    await this.#parts.keys.open(this.#isHeadTold);
    this.#hasKey = true;
  }

  /**
   * A stop may have come between a checkpoint and its head; who signed it can still be told, before a key takes over.
   *
   * @returns why the newest checkpoint is none that this server signed; null where it is
   */
  async #settleHead(): Promise<string | null> {
    const { database, keys, head } = this.#parts;
    this.#head = await head.read();
    const newest = await database.read(latestCheckpoint);
    if (this.#head === null || newest === undefined || newest.note === this.#head) return null;
    if (!isLarger(newest.note, this.#head) || !keys.hasSigned(newest.note))
      return `the checkpoint of ${newest.size} rows is none that this server signed`;
    await this.#keepHead(newest.note);
    return null;
  }

  async #make(): Promise<void> {
    const { keys } = this.#parts;
    if (!(await this.#isContinued())) return;
    // The key that is there signs on.
    await this.#trying('key', 'no next checkpoint key can be made', async () => {
      await this.#openKey();
      await keys.prepareNext();
    });
    await this.#trying('checkpoints', 'no checkpoint of the ledger can be made', async () => {
      const made = await makeCheckpoint(this.#parts, keys.signer, this.#head);
      if (made === null) return;
      this.#size = made.size;
      this.#made += 1;
      // While the key that signed it is there, should a stop come in between: an older head would be taken for another ledger's.
      await this.#keepHead(made.note);
      if (this.#isHeadTold) keys.settle(made);
    });
  }

  /**
   * Where keys could never be written, as in a directory that is mounted so, it is told once, and the rest goes on without.
   * An older one that cannot be replaced is a trouble: no key is handed over meanwhile.
   */
  async #keepHead(note: string): Promise<void> {
    const { head, onTrouble } = this.#parts;
    this.#head = note;
    try {
      await head.keep(note);
      [this.#isHeadKept, this.#isHeadTold] = [true, true];
    } catch (error) {
      const words =
        'ledger_head cannot be written in the keys directory: another ledger in place of this one is not noticed by it';
      if (this.#isHeadKept) onTrouble(words, error);
      this.#isHeadKept = false;
      this.#isHeadTold = (await head.read()) === null;
    }
    const words =
      'ledger_head in the keys directory cannot be replaced: the key of checkpoints stays as it is';
    await this.#trying('head-file', words, async () => {
      if (!this.#isHeadTold) throw new Error(words);
    });
  }

  async #tell(): Promise<void> {
    const { log, witnesses, onTampering } = this.#parts;
    await this.#trying('log', 'checkpoints.log cannot be written', async () => {
      const problem = await log.catchUp();
      if (problem !== null) onTampering(problem);
    });
    for (const witness of witnesses)
      await this.#trying(
        `witness ${witness.name}`,
        `the witness (${witness.name}) cannot be told of checkpoints`,
        () => witness.catchUp(),
      );
  }

  async #trying(what: string, words: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#troubles.delete(what);
    } catch (error) {
      const sinceMs = this.#troubles.get(what)?.sinceMs ?? this.#parts.clock();
      this.#troubles.set(what, { words, sinceMs });
      this.#parts.onTrouble(words, error);
    }
  }
}

function isLarger(note: string, than: string): boolean {
  const [size, other] = [note, than].map((each) => parseCheckpoint(each)?.checkpoint.size ?? 0);
  return size! > other!;
}

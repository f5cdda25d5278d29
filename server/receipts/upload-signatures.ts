import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { pathOf } from '../files/tree.ts';
import { findVersion, grantVersion, type Version } from '../files/versions.ts';
import { ContentDigests } from './content-digests.ts';
import { examine, unreadable, type SenderKey, type Verdict } from './examine-signature.ts';
import { issue, rowJustAppended } from './issue.ts';
import type { ReceiptsParts } from './parts.ts';
import { sentIn } from './senders.ts';
import {
  forgetWaiting,
  isLost,
  isStillWaiting,
  nextWaiting,
  pairOf,
  waitAWhile,
  waitToTheEnd,
  type Pair,
  type Waiting,
} from './signature-pairs.ts';

const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

/** What was found of two versions that do not fit, while another one may come. */
type Found = {
  readonly fileVersion: string;
  readonly signatureVersion: string;
  readonly verdict: Verdict;
};

/** Verifies what senders sign beside their files, one after the other. */
export class UploadSignatures {
  readonly #parts: ReceiptsParts;
  readonly #digests: ContentDigests;
  /** Whose turn it was. */
  #lastTree = '';

  constructor(parts: ReceiptsParts) {
    this.#parts = parts;
    this.#digests = new ContentDigests(parts.store);
  }

  /**
   * Looks at one file that has a signature beside it, one of which is new. What is found is a row of the ledger and one more
   * receipt of the sender; nothing is found of what does not fit before its time is up, as the one that fits may follow.
   *
   * @returns whether there was one
   */
  async settleNext(signal: AbortSignal): Promise<boolean> {
    const { database, onFault } = this.#parts;
    const task = await database.read(async (reader) => {
      const waiting = await nextWaiting(reader, this.#lastTree);
      return waiting && { waiting, seen: await lookAt(reader, waiting) };
    });
    if (task === undefined) return false;
    const { waiting, seen } = task;
    this.#lastTree = waiting.tree;
    try {
      const found = seen && {
        pair: seen.pair,
        verdict: await this.#verdictOf(waiting, seen, signal),
      };
      await database.write((unit) => settle(this.#parts, unit, waiting, found));
    } catch (error) {
      if (signal.aborted) return false;
      if (!(error instanceof Fault)) onFault(error);
      await database.write((unit) => waitAWhile(unit, waiting));
    }
    return true;
  }

  async #verdictOf(waiting: Waiting, seen: Seen, signal: AbortSignal): Promise<Verdict> {
    const before = foundBefore(waiting, seen.pair);
    if (before !== undefined) return before;
    const { database, store, vault } = this.#parts;
    try {
      const examined = await database.read(async (reader) => ({
        file: await grantVersion(reader, vault, seen.file.id),
        signature: await grantVersion(reader, vault, seen.signature.id),
        signedAtMs: seen.signature.received_at,
        keys: seen.keys,
      }));
      return await examine({ store, digests: this.#digests }, examined, signal);
    } catch (error) {
      if (signal.aborted || !(await database.read(async (reader) => isLost(reader, waiting))))
        throw error;
      return unreadable(seen.signature.sha256);
    }
  }
}

/** The two contents and the sender's keys. */
type Seen = {
  readonly pair: Pair;
  readonly file: Version;
  readonly signature: Version;
  /** None for what came over the API. */
  readonly keys: readonly SenderKey[];
};
const keysOf = prepare((query, given: { userId: string }) =>
  query
    .selectFrom('user_keys')
    .select(['blob', 'fingerprint', 'expires_at'])
    .where('user_id', '=', given.userId),
);

/** Undefined where there is nothing to look at any more. */
async function lookAt(reader: Reader, waiting: Waiting): Promise<Seen | undefined> {
  const pair = await pairOf(reader, waiting);
  if (pair === undefined) return undefined;
  const file = await findVersion(reader, pair.file.version_id!);
  const signature = await findVersion(reader, pair.signature.version_id!);
  if (!file?.blob_id || !signature?.blob_id) return undefined;
  const keys = file.received_by === null ? [] : await senderKeys(reader, file.received_by);
  return { pair, file, signature, keys };
}

async function senderKeys(reader: Reader, userId: string): Promise<readonly SenderKey[]> {
  const rows = await keysOf.all(reader, { userId });
  return rows.map(({ blob, fingerprint, expires_at: expiresAtMs }) => ({
    blob,
    fingerprint,
    expiresAtMs,
  }));
}

function foundBefore({ found }: Waiting, { file, signature }: Pair): Verdict | undefined {
  if (found === null) return undefined;
  const { fileVersion, signatureVersion, verdict } = JSON.parse(found) as Found;
  const isSame = fileVersion === file.version_id && signatureVersion === signature.version_id;
  return isSame ? verdict : undefined;
}

async function settle(
  parts: ReceiptsParts,
  unit: Unit,
  waiting: Waiting,
  found: { readonly pair: Pair; readonly verdict: Verdict } | undefined,
): Promise<void> {
  if (!(await isStillWaiting(unit, waiting))) return;
  if (found === undefined) return forgetWaiting(unit, waiting);
  const { pair, verdict } = found;
  const now = await pairOf(unit, waiting);
  const isSame =
    now?.file.version_id === pair.file.version_id &&
    now?.signature.version_id === pair.signature.version_id;
  if (!isSame) return forgetWaiting(unit, waiting);
  if (verdict.mayStillFit && unit.nowMs < waiting.give_up_at) {
    const kept: Found = {
      fileVersion: pair.file.version_id!,
      signatureVersion: pair.signature.version_id!,
      verdict,
    };
    return waitToTheEnd(unit, waiting, JSON.stringify(kept));
  }
  await forgetWaiting(unit, waiting);
  await tell(parts, unit, pair, verdict);
}

async function tell(
  parts: ReceiptsParts,
  unit: Unit,
  { file }: Pair,
  verdict: Verdict,
): Promise<void> {
  const { reason, result, keyFingerprint, hash, signatureSha256, problem } = verdict;
  const signedUpload = { result, keyFingerprint, hash, signatureSha256, problem };
  const version = await findVersion(unit, file.version_id!);
  const sent = version?.blob_id ? await sentIn(unit, version.blob_id) : undefined;
  if (sent === undefined) return;
  const tree = await codeOf(unit, file.agency_id);
  const path = await pathOf(unit, file);
  await parts.ledger.append(unit, {
    origin: serverOrigin,
    outcome: reason === null ? 'success' : 'refused',
    reason,
    event: {
      event: 'upload-signature.verified.1',
      agency: tree,
      path,
      username: sent.user,
      keyFingerprint,
      digest: hash,
      sha256: sent.sha256,
      signatureSha256,
      problem,
    },
  });
  const ledgerRow = await rowJustAppended(unit);
  await issue(parts, unit, { ...sent, tree, path }, { ledgerRow, signedUpload });
}

async function codeOf({ query }: Unit, agencyId: string): Promise<string> {
  const { code } = await query
    .selectFrom('agencies')
    .select('code')
    .where('id', '=', agencyId)
    .executeTakeFirstOrThrow();
  return code;
}

import type { Commit, Unit } from '../database/units.ts';
import { temporaryName } from '../files/held.ts';
import type { Collection, NamedFile, PublishedFile, Receipts } from '../files/receipts.ts';
import { Errand } from '../jobs/errand.ts';
import { receiptDirectory } from './directory.ts';
import { anyDue, issueDue, putOff, takePutOff } from './due.ts';
import { issue, rowJustAppended } from './issue.ts';
import type { ReceiptsParts } from './parts.ts';
import { createReceiptSearch, type ReceiptSearch } from './search.ts';
import { agencyOf, isCollected, senderOf, sentIn } from './senders.ts';
import { notePairs, pairWaits } from './signature-pairs.ts';
import { UploadSignatures } from './upload-signatures.ts';

/** The receipts of a server that runs. */
export type RunningReceipts = Receipts & {
  readonly search: ReceiptSearch;
  /** Once a minute, and once at the start: what waits for its time. It resolves when the work has begun. */
  tick(): void;
  /** For the listener of commits: a signature that came is looked at soon. */
  committed(commit: Pick<Commit, 'left'>): void;
  /** Resolves when there is nothing to do before the next minute. */
  idle(): Promise<void>;
  /** Ends what is under way; the next start goes on with it. */
  stop(): Promise<void>;
};

export function createReceipts(parts: ReceiptsParts): RunningReceipts {
  const errands = createErrands(parts);
  return {
    ...receiptDirectory(parts),
    published: (unit, file) => published(parts, unit, file),
    renamed: (unit, file) => renamed(parts, unit, file),
    collected: (unit, collection) => collected(parts, unit, collection),
    search: createReceiptSearch(parts.database),
    tick: () => errands.wake(),
    committed: ({ left }) => {
      if (left.includes(pairWaits)) errands.wake();
    },
    idle: () => errands.idle(),
    stop: () => errands.stop(),
  };
}

/** Clients that send under a temporary name commit by a rename: their receipt waits for the name that counts. */
async function published(parts: ReceiptsParts, unit: Unit, file: PublishedFile): Promise<void> {
  const { holder, entryId, tree, path, size, sha256, versionId } = file;
  const ledgerRow = await rowJustAppended(unit);
  const sender = await senderOf(unit, holder);
  const received = { ...sender, tree, path, size, sha256, versionId, receivedAtMs: unit.nowMs };
  if (temporaryName.test(file.name)) return putOff(unit, entryId, received, ledgerRow);
  await issue(parts, unit, received, { ledgerRow });
  await notePairs(unit, file);
}

async function renamed(parts: ReceiptsParts, unit: Unit, file: NamedFile): Promise<void> {
  if (temporaryName.test(file.name)) return;
  const ledgerRow = await rowJustAppended(unit);
  const received = await takePutOff(unit, file.versionId);
  const { tree, path } = file;
  if (received !== undefined) await issue(parts, unit, { ...received, tree, path }, { ledgerRow });
  await notePairs(unit, file);
}

/** An API key that is bound to the sender's agency collects nothing, as its users do not. */
async function collected(
  parts: ReceiptsParts,
  unit: Unit,
  { holder, tree, path, blobId, isFirst }: Collection,
): Promise<void> {
  const ledgerRow = await rowJustAppended(unit);
  const sent = await sentIn(unit, blobId);
  if (sent === undefined) return;
  const agency = await agencyOf(unit, holder.origin.actor);
  if (!isFirst) {
    const isOwn = agency !== null && agency === sent.agency;
    if (isOwn || holder.username === sent.user || (await isCollected(unit, sent.versionId))) return;
  }
  const by = { user: holder.username, agency };
  const collection = { atMs: unit.nowMs, by };
  await issue(parts, unit, { ...sent, tree, path }, { ledgerRow, collected: collection });
}

/** What is done beside: receipts that waited, and signatures of senders. */
function createErrands(parts: ReceiptsParts): Errand {
  const signatures = new UploadSignatures(parts);
  // By turns: no receipt waits for all signatures, nor the other way round.
  const work = async (signal: AbortSignal): Promise<void> => {
    for (let isMore = true; isMore && !signal.aborted;) {
      const isDue = await issueWhatIsDue(parts);
      isMore = (await signatures.settleNext(signal)) || isDue;
    }
  };
  return new Errand(work, parts.onFault);
}

/** @returns whether there may be more */
async function issueWhatIsDue(parts: ReceiptsParts): Promise<boolean> {
  const { database } = parts;
  if (!(await database.read(anyDue))) return false;
  return database.write((unit) => issueDue(parts, unit));
}

import { mayBeFinished, mayBePartial } from '../blobs/inline-content.ts';
import type { BlobStore } from '../blobs/store.ts';
import { Fault, type FaultCode } from '../domain/faults.ts';
import type { CloseReport } from '../domain/requests.ts';
import { closePartial, closeRead, closeReceived, closeUnchanged, unfinished } from './close.ts';
import type { Discarded, LetGo, LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import type { OnPublished } from './publish.ts';
import { nothingDurable, whatIsDurable } from './recovery.ts';

export type Closing = {
  /** Why it is partial, where that is known. */
  readonly reason?: FaultCode | undefined;
  readonly onPublished?: OnPublished;
};

/** Opens whose bytes are looked through at the same time when a worker with all of its sessions is gone. */
const settlingMax = 8;

/**
 * The ends of opens: by a CLOSE, or by the end of the session. One that cannot be recorded, as the database cannot be
 * written or the disk not read, is let go: it is tried again until it is settled, and by whoever wants the name before.
 */
export class Settlement {
  readonly #parts: FilesParts;
  readonly #store: BlobStore;
  /** Those that go on now, by the open's id. */
  readonly #settling = new Map<string, Promise<void>>();
  /** Those without a worker, and without a word from it: what is left of them is looked for again each time. */
  readonly #orphaned = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(parts: FilesParts, store: BlobStore) {
    this.#parts = parts;
    this.#store = store;
  }

  discard(blobIds: Discarded): void {
    for (const blobId of blobIds) void this.#parts.opens.discardBytes(blobId);
  }

  /** CLOSE, as the worker reports it, or the request of an administrator. */
  async close(open: LiveOpen, report: CloseReport, more: Closing = {}): Promise<void> {
    checkReport(open, report);
    try {
      await this.#record(open, report, more);
    } catch (error) {
      // The worker closed its end before it asked, whatever came of the asking.
      const { openId } = open;
      const { opens, database } = this.#parts;
      if (opens.get(openId) === undefined) throw error;
      const reason = more.reason ?? (report.kind === 'received' ? codeOf(error) : undefined);
      opens.letGo(openId, { report: asUnfinished(open, report), reason });
      // Nobody may ever come back for it: a download keeps no name, and the request of an administrator is over.
      database.retry(async () => void (await this.settleLetGo(openId)));
      throw error;
    }
  }

  /** Settles an open that was let go. @returns false where it was not: its worker still has it */
  async settleLetGo(openId: string): Promise<boolean> {
    const open = this.#parts.opens.get(openId);
    if (open === undefined) return true;
    const { opens } = this.#parts;
    const isHeld = !opens.isLetGo(openId) && !this.#orphaned.has(openId);
    if (isHeld && !this.#settling.has(openId)) return false;
    await this.#settle(open);
    return true;
  }

  /** Settles what a session still has open. Where that cannot be done now it is tried again until it can. */
  async endSession(sessionId: string): Promise<void> {
    const { database } = this.#parts;
    const settleAll = () => this.#settleAll(sessionId);
    try {
      await settleAll();
    } catch (error) {
      if (database.whenWritable(settleAll)) return;
      database.retry(settleAll);
      throw error;
    }
  }

  async #settleAll(sessionId: string): Promise<void> {
    const opens = this.#parts.opens.ofSession(sessionId);
    for (const { openId } of opens) this.#orphaned.add(openId);
    const ends = await Promise.allSettled(opens.map((open) => this.#settle(open)));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Ends an open that no worker holds, once for all who ask at the same time. */
  #settle(open: LiveOpen): Promise<void> {
    const { openId } = open;
    const going = this.#settling.get(openId);
    if (going !== undefined) return going;
    const ending = this.#end(open).finally(() => {
      this.#settling.delete(openId);
      if (this.#parts.opens.get(openId) === undefined) this.#orphaned.delete(openId);
    });
    this.#settling.set(openId, ending);
    return ending;
  }

  /** A look takes memory and a descriptor; the rows that come of it are written together. */
  async #lookInTurn(open: LiveOpen): Promise<CloseReport> {
    if (this.#running < settlingMax) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await whatIsLeft(this.#parts, this.#store, open);
    } finally {
      // Who waits takes the place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #record(
    open: LiveOpen,
    report: CloseReport,
    { reason, onPublished }: Closing = {},
  ): Promise<void> {
    if (report.kind === 'read') return closeRead(this.#parts, open, report, reason);
    if (open.kind !== 'receiving') {
      if (report.kind !== 'partial') throw new Fault('handle-invalid');
      // All that a worker can say whose file did not even close well.
      const { bytesRead } = report;
      return closeRead(this.#parts, open, { kind: 'read', bytesRead, whole: false }, reason);
    }
    const discard = (blobIds: Discarded) => this.discard(blobIds);
    switch (report.kind) {
      case 'received':
        return closeReceived(this.#parts, open, report, { onPublished, discard });
      case 'unchanged':
        return discard(await closeUnchanged(this.#parts, open, report));
      case 'partial':
        return discard(await closePartial(this.#parts, open, report, reason));
    }
  }

  async #end(open: LiveOpen): Promise<void> {
    const { opens } = this.#parts;
    const end: LetGo = opens.endOf(open.openId) ?? { report: await this.#lookInTurn(open) };
    try {
      await this.#record(open, end.report, { reason: end.reason });
    } catch (error) {
      opens.letGo(open.openId, end);
      throw error;
    }
  }
}

function codeOf(error: unknown): FaultCode | undefined {
  return error instanceof Fault ? error.code : undefined;
}

/** What no worker says that does not lie: the end of something else, or more bytes than its grant lets it write. */
function checkReport(open: LiveOpen, report: CloseReport): void {
  const counts = Object.entries(report).flatMap(([name, value]) =>
    name === 'size' || name.startsWith('bytes') ? [value as number] : [],
  );
  const areBytes = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!areBytes) throw new Fault('handle-invalid');
  if (open.kind !== 'receiving') return;
  if (report.kind === 'read') throw new Fault('handle-invalid');
  if (report.kind === 'unchanged') {
    if (open.baseBlobId === null) throw new Fault('handle-invalid');
    return;
  }
  const { kind, size, content } = report;
  const mayBe = kind === 'received' ? mayBeFinished : mayBePartial;
  if (size > open.sizeMax || (content !== null && !mayBe(content, size)))
    throw new Fault('handle-invalid');
}

/** What a worker that went away without a last word left of an open. */
async function whatIsLeft(
  parts: FilesParts,
  store: BlobStore,
  open: LiveOpen,
): Promise<CloseReport> {
  if (open.kind === 'reading')
    return { kind: 'read', bytesRead: parts.opens.progressOf(open.openId) ?? 0, whole: false };
  const found =
    open.baseBlobId === null && open.holder.userId !== null
      ? await whatIsDurable(parts, store, open.blobId)
      : nothingDurable;
  // What was resumed came with another transfer.
  const bytesWritten = Math.max(0, found.size - open.resumedBytes);
  return { kind: 'partial', ...found, bytesWritten, bytesRead: 0 };
}

/** A CLOSE that was answered with a failure published nothing: its bytes are a partial. What was read was read. */
function asUnfinished(open: LiveOpen, report: CloseReport): CloseReport {
  const { bytesRead } = report;
  if (open.kind === 'reading')
    return report.kind === 'read' ? report : { kind: 'read', bytesRead, whole: false };
  if (report.kind === 'read' || report.kind === 'unchanged')
    return { kind: 'partial', size: 0, content: null, bytesWritten: 0, bytesRead };
  return report.kind === 'received' ? unfinished(report) : report;
}

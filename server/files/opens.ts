import type { Origin } from '../domain/events.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Permission } from '../domain/permissions.ts';
import type { CloseReport } from '../domain/requests.ts';
import type { VirtualPath } from '../domain/virtual-path.ts';

/** Who holds a file open: a login, or an API request (then `userId` is null). */
export type Holder = {
  readonly origin: Origin;
  /** Login session id, or API request id. */
  readonly sessionId: string;
  readonly userId: string | null;
  readonly username: string;
  readonly client: string;
  readonly quotaBytes: number | null;
  /** Of the key that a login proved, as OpenSSH prints it; none without one. */
  readonly keyFingerprint?: string | undefined;
};

type OpenFacts = {
  readonly openId: string;
  readonly holder: Holder;
  readonly agency: { readonly id: string; readonly code: string };
  /** Inside the agency's tree, as it was at OPEN. */
  readonly path: VirtualPath;
};

/** A file open for reading. */
export type ReadingOpen = OpenFacts & {
  readonly kind: 'reading';
  readonly blobId: string;
  readonly size: number;
  /** Null for a partial. */
  readonly sha256: string | null;
};

/** A file that is being received. */
export type ReceivingOpen = OpenFacts & {
  readonly kind: 'receiving';
  readonly blobId: string;
  readonly uploadId: string;
  /** Bytes that were there before, of a partial that goes on; its row counts them. */
  readonly resumedBytes: number;
  /** The most that it may come to have: its grant, or what was there already. */
  readonly sizeMax: number;
  /** Blob that the upload reads from where it was not written. */
  readonly baseBlobId: string | null;
  /** `LiveOpens.directoryMoves` at OPEN: while it stays that, `path` is where the upload is. */
  readonly directoryMoves: number;
  /** What the rules allowed at OPEN; publishing over an existing file asks again. */
  readonly allowed: ReadonlySet<Permission>;
  /** It may only replace what was there at OPEN. */
  readonly onlyOverSeen?: boolean;
};

export type LiveOpen = ReadingOpen | ReceivingOpen;

/** What an open that was let go is to be settled by. */
export type LetGo = {
  readonly report: CloseReport;
  /** Why it is not whole, where that is known. */
  readonly reason?: FaultCode | undefined;
};

/** Removes the bytes of a blob that was destroyed, now or later; it never rejects. @returns whether they are gone */
export type RemoveBytes = (blobId: string) => Promise<boolean>;

/** Files removed at a time once nobody holds them any more. */
const drainLanes = 4;

/** Every file open now, and which blobs are in use: a replaced blob's bytes stay until its last reader is done. */
export class LiveOpens {
  readonly #opens = new Map<string, LiveOpen>();
  readonly #users = new Map<string, number>();
  readonly #progress = new Map<string, number>();
  readonly #removeBytes: RemoveBytes;
  readonly #doomed = new Set<string>();
  /** While one is there, no bytes go. */
  readonly #holds = new Set<object>();
  /** Who waits for the end of an open. */
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #letGo = new Map<string, LetGo>();
  #directoryMoves = 0;

  constructor(removeBytes: RemoveBytes) {
    this.#removeBytes = removeBytes;
  }

  add(open: LiveOpen): void {
    this.#opens.set(open.openId, open);
    for (const blobId of blobsOf(open)) this.#users.set(blobId, (this.#users.get(blobId) ?? 0) + 1);
  }

  all(): Iterable<LiveOpen> {
    return this.#opens.values();
  }

  get(openId: string): LiveOpen | undefined {
    return this.#opens.get(openId);
  }

  /** Resolves when the open ends or is let go, or after so long: its session may be settling it on a slow disk. */
  async freed(openId: string, msMax: number): Promise<void> {
    if (!this.#opens.has(openId) || this.#letGo.has(openId)) return;
    await new Promise<void>((resolve) => {
      const waiting = this.#waiting.get(openId) ?? new Set();
      this.#waiting.set(openId, waiting);
      const done = () => {
        clearTimeout(timer);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, msMax);
      waiting.add(done);
    });
  }

  #free(openId: string): void {
    const waiting = this.#waiting.get(openId) ?? new Set();
    this.#waiting.delete(openId);
    for (const done of waiting) done();
  }

  remove(openId: string): void {
    const open = this.#opens.get(openId);
    if (open === undefined) return;
    this.#opens.delete(openId);
    this.#free(openId);
    this.#progress.delete(openId);
    this.#letGo.delete(openId);
    for (const blobId of blobsOf(open)) {
      const left = (this.#users.get(blobId) ?? 1) - 1;
      if (left > 0) {
        this.#users.set(blobId, left);
        continue;
      }
      this.#users.delete(blobId);
      void this.#removeIfDoomed(blobId);
    }
  }

  /**
   * Keeps the bytes of every blob, destroyed or not, until the returned function is called: somebody copies what was there
   * a moment ago.
   */
  hold(): () => void {
    const hold = {};
    this.#holds.add(hold);
    return () => {
      if (!this.#holds.delete(hold)) return;
      this.#drain();
    };
  }

  /** A few at a time: a long hold may leave very many, and who is served meanwhile uses the same disk. */
  #drain(): void {
    const waiting = [...this.#doomed].values();
    const lane = async () => {
      for (const blobId of waiting) await this.#removeIfDoomed(blobId);
    };
    for (let lanes = 0; lanes < drainLanes; lanes += 1) void lane();
  }

  async #removeIfDoomed(blobId: string): Promise<void> {
    if (!this.isInUse(blobId) && this.#doomed.delete(blobId)) await this.#removeBytes(blobId);
  }

  /**
   * Its worker is done with the open, but the end could not be recorded. Whoever next wants the name, or the end of the
   * session, settles it by `end`.
   */
  letGo(openId: string, end: LetGo): void {
    if (!this.#opens.has(openId)) return;
    this.#letGo.set(openId, end);
    this.#free(openId);
    const { report } = end;
    if (report.kind === 'partial') this.#progress.set(openId, report.size);
  }

  isLetGo(openId: string): boolean {
    return this.#letGo.has(openId);
  }

  endOf(openId: string): LetGo | undefined {
    return this.#letGo.get(openId);
  }

  ofSession(sessionId: string): readonly LiveOpen[] {
    return [...this.#opens.values()].filter((open) => open.holder.sessionId === sessionId);
  }

  /** How often a directory was given another name, which moves what is open in it. */
  get directoryMoves(): number {
    return this.#directoryMoves;
  }

  /** Says so, from within the unit that does it: one that is undone or done again only costs a look at the paths. */
  directoryMoved(): void {
    this.#directoryMoves += 1;
  }

  /**
   * The blob's key is destroyed and committed so; its bytes go now, or with their last reader. It never rejects.
   *
   * @returns whether they are gone
   */
  async discardBytes(blobId: string): Promise<boolean> {
    if (!this.isInUse(blobId)) return this.#removeBytes(blobId);
    this.#doomed.add(blobId);
    return false;
  }

  /** Whether an open reads or writes the blob, or all of them are held. */
  isInUse(blobId: string): boolean {
    return this.#holds.size > 0 || this.#users.has(blobId);
  }

  /** What is no number of bytes is not noted: it may be all that is known of an open whose worker dies. */
  noteProgress(openId: string, bytes: number): void {
    const open = this.#opens.get(openId);
    if (open === undefined || !Number.isSafeInteger(bytes) || bytes < 0) return;
    const bytesMax = open.kind === 'receiving' ? open.sizeMax : Infinity;
    this.#progress.set(openId, Math.min(bytes, bytesMax));
  }

  /** Bytes that a user's uploads have received since they were opened, by what the workers last said. */
  receivingBytesOf(userId: string): number {
    let bytes = 0;
    for (const open of this.#opens.values()) {
      if (open.kind === 'receiving' && open.holder.userId === userId) {
        bytes += Math.max(0, (this.#progress.get(open.openId) ?? 0) - open.resumedBytes);
      }
    }
    return bytes;
  }

  /** Bytes so far, as the worker last said. */
  progressOf(openId: string): number | undefined {
    return this.#progress.get(openId);
  }
}

function blobsOf(open: LiveOpen): readonly string[] {
  return open.kind === 'receiving' && open.baseBlobId !== null
    ? [open.blobId, open.baseBlobId]
    : [open.blobId];
}

/** Blobs whose keys a commit destroyed and whose bytes are files, which may go. */
export type Discarded = readonly string[];

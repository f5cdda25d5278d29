import type { BlobStore } from '../blobs/store.ts';
import { valueOf, type Refusal } from '../domain/faults.ts';
import type { FileReplies, FileRequestKind, FileRequestOf } from '../domain/requests.ts';
import { parseVirtualPath, type VirtualPath } from '../domain/virtual-path.ts';
import type { Monitor } from '../monitor/verbs.ts';
import type { MemoryUse } from '../memory/budget.ts';
import { type Pace, workUnits } from '../pace/pace.ts';
import { Handles } from './handles.ts';
import { OwnerIds } from './owner-ids.ts';
import type { WireReader } from './wire.ts';

export type ContextParts = {
  readonly monitor: Monitor;
  readonly sessionId: string;
  readonly username: string;
  readonly store: BlobStore;
  readonly clock: () => number;
  /** Files that the session has open on all of its channels. */
  readonly filesOpen: () => number;
  /** File bytes of a handle that ended. */
  readonly onBytes: (read: number, written: number) => void;
  /** An upload whose bytes could not be kept when its session ended. */
  readonly onUnsettled: (openId: string, refusal: Refusal) => void;
};

/** What the monitor commits to disk for. */
const changes: ReadonlySet<FileRequestKind> = new Set([
  'open',
  'close',
  'keep',
  'setstat',
  'remove',
  'mkdir',
  'rmdir',
  'rename',
]);

/** What the operations of one channel work with. */
export class SftpContext {
  readonly username: string;
  readonly store: BlobStore;
  readonly memory: MemoryUse;
  readonly pace: Pace;
  readonly handles: Handles;
  readonly owners = new OwnerIds();
  readonly clock: () => number;
  readonly #monitor: Monitor;
  readonly #sessionId: string;
  readonly #onBytes: (read: number, written: number) => void;
  readonly #onUnsettled: (openId: string, refusal: Refusal) => void;
  /** The path of the request that is being served, for the record of a refusal. */
  lastPath = '';
  /** Nobody waits for an answer any more: what takes long stops. */
  ended = false;

  constructor(parts: ContextParts, memory: MemoryUse, pace: Pace) {
    this.memory = memory;
    this.pace = pace;
    this.handles = new Handles(parts.filesOpen);
    this.username = parts.username;
    this.store = parts.store;
    this.clock = parts.clock;
    this.#monitor = parts.monitor;
    this.#sessionId = parts.sessionId;
    this.#onBytes = parts.onBytes;
    this.#onUnsettled = parts.onUnsettled;
  }

  /** Reads a path off a message. @throws Fault `name-invalid`, `path-too-long`, `message-malformed` */
  path(message: WireReader): VirtualPath {
    const path = parseVirtualPath(message.string());
    this.lastPath = path;
    return path;
  }

  /** Asks the monitor. @throws the refusal as a Fault */
  async ask<K extends FileRequestKind>(request: FileRequestOf<K>): Promise<FileReplies[K]> {
    this.pace.spend(workUnits.question + (changes.has(request.kind) ? workUnits.commit : 0));
    return valueOf(await this.#monitor.request<K>(this.#sessionId, request));
  }

  countBytes({ bytesRead, bytesWritten }: { bytesRead: number; bytesWritten: number }): void {
    this.#onBytes(bytesRead, bytesWritten);
  }

  noteUnsettled(openId: string, refusal: Refusal): void {
    this.#onUnsettled(openId, refusal);
  }
}

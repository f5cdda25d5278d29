import type { BlobStore } from '../blobs/store.ts';
import { userActor } from '../domain/actors.ts';
import { Fault, type Outcome } from '../domain/faults.ts';
import type { Grant } from '../domain/grants.ts';
import type { Identity } from '../domain/identity.ts';
import type {
  FileReplies,
  FileRequestKind,
  FileRequestOf,
  SessionProgress,
  SpaceReply,
} from '../domain/requests.ts';
import type { VirtualPath } from '../domain/virtual-path.ts';
import { decide, type Operation } from '../policy/decide.ts';
import { keep } from './keep.ts';
import { list } from './list.ts';
import { stat } from './look.ts';
import { changeAttributes, makeDirectory, renameEntry } from './names.ts';
import { openToRead, openToWrite } from './open.ts';
import type { Discarded, Holder, LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';
import { quotaLeft } from './quota.ts';
import { RecentSpace } from './recent-space.ts';
import { removeDirectory, removeFile } from './removal.ts';
import { Settlement } from './settlement.ts';
import { Traffic, type TrafficNow } from './traffic.ts';

type Handlers = {
  [K in FileRequestKind]: (
    identity: Identity,
    request: FileRequestOf<K>,
  ) => Promise<FileReplies[K]>;
};

export interface Files {
  /** Serves one request of a login. @throws Fault */
  request<K extends FileRequestKind>(
    identity: Identity,
    request: FileRequestOf<K>,
  ): Promise<FileReplies[K]>;
  noteProgress(sessionId: string, progress: SessionProgress): void;
  /** What a live login has moved, and how fast it does now, as its worker last said. */
  trafficOf(sessionId: string): TrafficNow;
  /**
   * Settles what a login still has open, should its worker not have done so. Where the database cannot be written that
   * is put off until it can: no name stays taken by a login that is over.
   */
  sessionEnded(sessionId: string): Promise<void>;
}

/** How often an OPEN asks the session that holds the upload to let go before it gives up. */
const takeoverAttemptsMax = 3;
/** How long it waits each time: a session that is over may still be making its bytes durable. */
const takeoverMsMax = 2_000;

/**
 * Files as the monitor serves them: policy first, then the namespace, one function for each kind of request.
 * `revokeOpen` asks the worker that holds an upload to settle it and let go.
 */
export function createFiles(
  parts: FilesParts,
  store: BlobStore,
  revokeOpen: (openId: string) => Promise<void>,
): Files {
  /** A name that is not there is `not-found` whatever the rules say of its place (compliance.md C01). */
  const permitExisting = async (
    identity: Identity,
    path: VirtualPath,
    operation: Operation,
  ): Promise<Grant> => {
    const outcome = decide(identity, path, operation);
    if (!outcome.ok && outcome.refusal.code === 'permission-denied') {
      await stat(parts, permit(decide(identity, path, 'stat')), holderOf(identity));
    }
    return permit(outcome);
  };

  const settlement = new Settlement(parts, store);
  const traffic = new Traffic(() => performance.now());
  const recentSpace = new RecentSpace(store);
  const discard = (blobIds: Discarded) => settlement.discard(blobIds);

  const handlers: Handlers = {
    open: async (identity, request) => {
      const holder = holderOf(identity);
      const { path, flags, change } = request;
      if (!flags.write)
        return openToRead(parts, await permitExisting(identity, path, 'read'), holder);
      if (flags.read) permit(decide(identity, path, 'read'));
      const grant = flags.create
        ? permit(decide(identity, path, 'write'))
        : await permitExisting(identity, path, 'write');
      const disk = await recentSpace.look();
      for (let attempt = 0; attempt < takeoverAttemptsMax; attempt += 1) {
        const result = await openToWrite(parts, { grant, flags, change, holder, disk });
        if (result.kind === 'opened') {
          discard(result.discarded);
          return result.reply;
        }
        const { byOpenId } = result;
        if (await settlement.settleLetGo(byOpenId)) continue;
        await revokeOpen(byOpenId);
        await parts.opens.freed(byOpenId, takeoverMsMax);
      }
      throw new Fault('file-busy');
    },
    close: async (identity, { openId, report }) => {
      await settlement.close(ownOpen(parts, identity, openId), report);
      return null;
    },
    keep: async (identity, { openId, content }) => {
      await keep(parts, ownOpen(parts, identity, openId), content);
      return null;
    },
    stat: (identity, { path }) =>
      stat(parts, permit(decide(identity, path, 'stat')), holderOf(identity)),
    setstat: async (identity, { path, change }) => {
      await changeAttributes(
        parts,
        await permitExisting(identity, path, 'setstat'),
        holderOf(identity),
        change,
      );
      return null;
    },
    list: async (identity, { path, after, entriesMax }) =>
      list(parts, {
        grant: await permitExisting(identity, path, 'list'),
        holder: holderOf(identity),
        after,
        entriesMax,
      }),
    remove: async (identity, { path }) => {
      discard(
        await removeFile(parts, await permitExisting(identity, path, 'delete'), holderOf(identity)),
      );
      return null;
    },
    mkdir: async (identity, { path, change }) => {
      const grant = permit(decide(identity, path, 'mkdir'));
      discard(await makeDirectory(parts, grant, holderOf(identity), change));
      return null;
    },
    rmdir: async (identity, { path }) => {
      const grant = await permitExisting(identity, path, 'delete');
      discard(await removeDirectory(parts, grant, holderOf(identity)));
      return null;
    },
    rename: async (identity, { from, to, replace }) => {
      const source = await permitExisting(identity, from, 'rename');
      const target = permit(decide(identity, to, 'write'));
      discard(await renameEntry(parts, source, target, holderOf(identity), replace));
      return null;
    },
    space: (identity, { path }) => space(parts, store, permit(decide(identity, path, 'stat'))),
  };

  return {
    request: async <K extends FileRequestKind>(identity: Identity, request: FileRequestOf<K>) => {
      // `constructor` is a property of every object, and would hand the identity to whoever asked.
      if (!Object.hasOwn(handlers, request.kind)) throw new Fault('message-malformed');
      return handlers[request.kind](identity, request);
    },
    noteProgress: (sessionId, progress) => {
      traffic.note(sessionId, progress);
      for (const { openId, bytes } of progress.files) {
        if (parts.opens.get(openId)?.holder.sessionId === sessionId)
          parts.opens.noteProgress(openId, bytes);
      }
    },
    trafficOf: (sessionId) => traffic.of(sessionId),
    sessionEnded: (sessionId) => {
      traffic.forget(sessionId);
      return settlement.endSession(sessionId);
    },
  };
}

function permit(outcome: Outcome<Grant>): Grant {
  if (outcome.ok) return outcome.value;
  throw Fault.from(outcome.refusal);
}

function holderOf(identity: Identity): Holder & { readonly userId: string } {
  return {
    origin: {
      actor: userActor(identity),
      session: identity.sessionId,
      source: identity.source,
    },
    sessionId: identity.sessionId,
    userId: identity.userId,
    username: identity.username,
    client: identity.client,
    quotaBytes: identity.quotaBytes,
    keyFingerprint: fingerprintIn(identity.proofs),
  };
}

/** Of the first key among what a login has proved. */
function fingerprintIn(proofs: readonly string[]): string | undefined {
  const keyProof = 'publickey ';
  return proofs.find((proof) => proof.startsWith(keyProof))?.slice(keyProof.length);
}

function ownOpen(parts: FilesParts, identity: Identity, openId: string): LiveOpen {
  const open = parts.opens.get(openId);
  if (open === undefined || open.holder.sessionId !== identity.sessionId)
    throw new Fault('handle-invalid');
  return open;
}

const entriesTotal = 1_000_000_000;

async function space(parts: FilesParts, store: BlobStore, grant: Grant): Promise<SpaceReply> {
  const disk = await store.space();
  const { quotaBytes, userId } = grant.identity;
  const entries = { entriesTotal, entriesFree: entriesTotal };
  if (quotaBytes === null) return { ...disk, ...entries };
  const left = await parts.database.read((reader) =>
    quotaLeft(reader, { userId, quotaBytes }, null, 0),
  );
  return {
    bytesTotal: Math.min(disk.bytesTotal, quotaBytes),
    bytesFree: Math.min(disk.bytesFree, left.bytes),
    ...entries,
  };
}

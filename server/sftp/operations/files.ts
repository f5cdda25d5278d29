import type { AttributeChange } from '../../domain/attributes.ts';
import type { OpenFlags, StoredContent } from '../../domain/requests.ts';
import type { VirtualPath } from '../../domain/virtual-path.ts';
import { blockBytes } from '../../blobs/block-cipher.ts';
import { Fault, refusalOf } from '../../domain/faults.ts';
import { limits } from '../../domain/limits.ts';
import { readAttributes } from '../attributes.ts';
import type { SftpContext } from '../context.ts';
import { FileHandle } from '../file-handle.ts';
import { openFlag } from '../protocol.ts';
import { endOfFile, ok, type Reply } from '../replies.ts';
import type { WireReader } from '../wire.ts';

export async function open(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  const flags = readFlags(message.u32());
  const { size: _size, ...change } = readAttributes(message);
  const handle = await openFile(context, path, flags, change);
  return { kind: 'handle', handle: context.handles.add(handle) };
}

/** Asks for a file and opens its bytes; where they cannot be opened, what was asked for is given back. */
export function openFile(
  context: SftpContext,
  path: VirtualPath,
  flags: OpenFlags,
  change: AttributeChange,
): Promise<FileHandle> {
  return context.handles.opening(() => openGranted(context, path, flags, change));
}

async function openGranted(
  context: SftpContext,
  path: VirtualPath,
  flags: OpenFlags,
  change: AttributeChange,
): Promise<FileHandle> {
  const reply = await context.ask({ kind: 'open', path, flags, change });
  try {
    const { openId } = reply.grant;
    const keep = (content: StoredContent) => context.ask({ kind: 'keep', openId, content });
    return await FileHandle.open(context.store, path, reply, context.memory, keep);
  } catch (error) {
    const report = flags.write
      ? ({
          kind: 'partial',
          size: reply.grant.resumed ? reply.grant.blob.size : 0,
          content: reply.grant.resumed ? reply.grant.blob.content : null,
          bytesRead: 0,
          bytesWritten: 0,
        } as const)
      : ({ kind: 'read', bytesRead: 0, whole: false } as const);
    await context.ask({ kind: 'close', openId: reply.grant.openId, report });
    throw error;
  }
}

/** CREAT or TRUNC without WRITE would change a file that is only read: they ask for writing too, as O_CREAT does. */
function readFlags(bits: number): OpenFlags {
  const has = (flag: number) => (bits & flag) !== 0;
  const write =
    has(openFlag.WRITE) || has(openFlag.APPEND) || has(openFlag.CREAT) || has(openFlag.TRUNC);
  return {
    read: has(openFlag.READ) || !write,
    write,
    append: has(openFlag.APPEND),
    create: has(openFlag.CREAT),
    truncate: has(openFlag.TRUNC),
    exclusive: has(openFlag.EXCL),
  };
}

/**
 * fsync@openssh.com: OK only after bytes, and the rows that speak for them, are durable. For a recovery that is all there
 * is of an upload of its own; one without TRUNC over what is published is given up by a crash (server/files/recovery.ts).
 */
export async function fsync(context: SftpContext, message: WireReader): Promise<Reply> {
  const handle = context.handles.file(message.string());
  context.lastPath = handle.path;
  await handle.flush();
  return ok;
}

/** CLOSE of an upload is the receipt: OK only after content and entry are durable (DESIGN.md D3). */
export async function closeHandle(context: SftpContext, message: WireReader): Promise<Reply> {
  const handle = context.handles.take(message.string());
  if (!(handle instanceof FileHandle)) return ok;
  context.lastPath = handle.path;
  await closeFile(context, handle);
  return ok;
}

/** @throws Fault what kept the file from being published; it is settled as a partial then */
export async function closeFile(context: SftpContext, handle: FileHandle): Promise<void> {
  // Settled already when it was taken over: only the refusal is left to say.
  if (handle.isRevoked) throw new Fault('upload-superseded');
  let report;
  try {
    report = await handle.finish();
  } catch (error) {
    await settleFile(context, handle);
    throw error;
  }
  context.countBytes(handle);
  await context.ask({ kind: 'close', openId: handle.openId, report });
}

/**
 * The handle ends without a CLOSE that succeeded. Nobody is there to be told what fails now. Who asks for it while it
 * goes on waits for the same end.
 */
export function settleFile(context: SftpContext, handle: FileHandle): Promise<void> {
  handle.settled ??= settle(context, handle);
  return handle.settled;
}

async function settle(context: SftpContext, handle: FileHandle): Promise<void> {
  handle.revoke();
  context.countBytes(handle);
  const { bytesRead, bytesWritten } = handle;
  const report = await handle.settle().catch((error: unknown) => {
    context.noteUnsettled(handle.openId, refusalOf(error));
    return { kind: 'partial', size: 0, content: null, bytesRead, bytesWritten } as const;
  });
  await context.ask({ kind: 'close', openId: handle.openId, report });
}

export function read(context: SftpContext, message: WireReader): Reply | Promise<Reply> {
  const handle = context.handles.file(message.string());
  const offset = message.u64();
  const length = Math.min(message.u32(), limits.sftpDataBytesMax);
  context.lastPath = handle.path;
  const data = handle.read(offset, length);
  return data instanceof Promise
    ? data.then((bytes) => dataReply(bytes, length))
    : dataReply(data, length);
}

function dataReply(data: Buffer, asked: number): Reply {
  return data.length === 0 && asked > 0 ? endOfFile : { kind: 'data', data };
}

export function write(context: SftpContext, message: WireReader): Reply | Promise<Reply> {
  const handle = context.handles.file(message.string());
  const offset = message.u64();
  context.lastPath = handle.path;
  const data = message.string();
  const begunBefore = handle.blocksBegun;
  const room = handle.write(offset, data);
  const begun = handle.blocksBegun - begunBefore;
  context.pace.spend(handle.blocksAhead.add(begun, data.length / blockBytes));
  return room === undefined ? ok : room.then(() => ok);
}

export function fstat(context: SftpContext, message: WireReader): Reply {
  const handle = context.handles.file(message.string());
  return { kind: 'attributes', attributes: handle.attributes() };
}

export async function fsetstat(context: SftpContext, message: WireReader): Promise<Reply> {
  const handle = context.handles.file(message.string());
  const change = readAttributes(message);
  context.lastPath = handle.path;
  // Times and permissions of a file that is only read are its path's, as with fchmod and futimes.
  if (handle.isWriting || change.size !== undefined) await handle.change(change);
  else await context.ask({ kind: 'setstat', path: handle.path, change });
  return ok;
}

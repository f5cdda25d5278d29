import type { AttributeChange } from '../../domain/attributes.ts';
import type { VirtualPath } from '../../domain/virtual-path.ts';
import { limits } from '../../domain/limits.ts';
import { readAttributes } from '../attributes.ts';
import type { SftpContext } from '../context.ts';
import { DirectoryHandle } from '../directory-handle.ts';
import type { FileHandle } from '../file-handle.ts';
import { endOfFile, NameBatch, ok, type Reply } from '../replies.ts';
import type { WireReader } from '../wire.ts';
import { closeFile, openFile, settleFile } from './files.ts';

export async function stat(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  // A file that this channel is sending shows with the bytes it has so far (clients.md fact 4).
  const attributes =
    sending(context, path)?.attributes() ?? (await context.ask({ kind: 'stat', path }));
  return { kind: 'attributes', attributes };
}

function sending(context: SftpContext, path: VirtualPath): FileHandle | undefined {
  for (const handle of context.handles.openFiles) {
    if (handle.isWriting && handle.path === path && !handle.isRevoked) return handle;
  }
  return undefined;
}

export async function setstat(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  const change = readAttributes(message);
  const { size, ...rest } = change;
  const handle = sending(context, path);
  // `cp -p` onto sshfs names the path of the file that it still has open: what it asks is part of the upload.
  if (handle !== undefined) await handle.change(change);
  else if (size === undefined) await context.ask({ kind: 'setstat', path, change: rest });
  else await resize(context, path, size, rest);
  return ok;
}

const writeWithoutTruncate = {
  read: false,
  write: true,
  append: false,
  create: false,
  truncate: false,
  exclusive: false,
} as const;

/** A size is content: the file is opened, cut or grown, and published like any other upload. */
async function resize(
  context: SftpContext,
  path: VirtualPath,
  size: number,
  rest: AttributeChange,
): Promise<void> {
  const handle = await openFile(context, path, writeWithoutTruncate, {});
  try {
    await handle.change({ ...rest, size });
  } catch (error) {
    await settleFile(context, handle);
    throw error;
  }
  await closeFile(context, handle);
}

export async function opendir(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  context.handles.checkRoom('directory');
  const fetch = (after: string | null) =>
    context.ask({ kind: 'list', path, after, entriesMax: limits.listingEntriesMax });
  const directory = new DirectoryHandle(await fetch(null), fetch, context.memory);
  return { kind: 'handle', handle: context.handles.add(directory) };
}

export async function readdir(context: SftpContext, message: WireReader): Promise<Reply> {
  const directory = context.handles.directory(message.string());
  const batch = new NameBatch(limits.sftpMessageBytesMax / 4, context.owners, context.clock());
  while (batch.hasRoom) {
    const next = directory.next();
    const entry = next instanceof Promise ? await next : next;
    if (entry === undefined) break;
    batch.add(entry.name, entry.attributes);
  }
  return batch.isEmpty ? endOfFile : { kind: 'names', batch };
}

export async function remove(context: SftpContext, message: WireReader): Promise<Reply> {
  await context.ask({ kind: 'remove', path: context.path(message) });
  return ok;
}

export async function mkdir(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  const { size: _size, ...change } = readAttributes(message);
  await context.ask({ kind: 'mkdir', path, change });
  return ok;
}

export async function rmdir(context: SftpContext, message: WireReader): Promise<Reply> {
  await context.ask({ kind: 'rmdir', path: context.path(message) });
  return ok;
}

/** Version 3: fails when the target exists (draft-ietf-secsh-filexfer-02 section 6.5). */
export async function rename(context: SftpContext, message: WireReader): Promise<Reply> {
  const from = context.path(message);
  const to = context.path(message);
  await context.ask({ kind: 'rename', from, to, replace: false });
  return ok;
}

/** Paths have no links to follow, so the canonical one is a matter of text, whether or not the name exists. */
export function realpath(context: SftpContext, message: WireReader): Reply {
  return { kind: 'path', path: context.path(message) };
}

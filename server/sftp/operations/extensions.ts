import { Fault } from '../../domain/faults.ts';
import { limits } from '../../domain/limits.ts';
import type { SpaceReply } from '../../domain/requests.ts';
import { segmentBytesMax } from '../../domain/virtual-path.ts';
import { wireString } from '../../domain/wire-string.ts';
import type { SftpContext } from '../context.ts';
import { ok, type Reply } from '../replies.ts';
import { WireReader } from '../wire.ts';

/** posix-rename@openssh.com: an existing file at the target is replaced, and never absent in between. */
export async function posixRename(context: SftpContext, message: WireReader): Promise<Reply> {
  const from = context.path(message);
  const to = context.path(message);
  await context.ask({ kind: 'rename', from, to, replace: true });
  return ok;
}

export async function statvfs(context: SftpContext, message: WireReader): Promise<Reply> {
  return spaceReply(await context.ask({ kind: 'space', path: context.path(message) }));
}

export async function fstatvfs(context: SftpContext, message: WireReader): Promise<Reply> {
  const { path } = context.handles.file(message.string());
  return spaceReply(await context.ask({ kind: 'space', path }));
}

const blockBytes = 4096;

/** Eleven 64-bit integers (OpenSSH PROTOCOL section 4.4); a user's quota is the size of its disk. */
function spaceReply(space: SpaceReply): Reply {
  const blocks = Math.floor(space.bytesTotal / blockBytes);
  const free = Math.floor(space.bytesFree / blockBytes);
  const noSetuid = 0x2;
  const fields = [
    blockBytes,
    blockBytes,
    blocks,
    free,
    free,
    space.entriesTotal,
    space.entriesFree,
    space.entriesFree,
    0,
    noSetuid,
    segmentBytesMax,
  ];
  return { kind: 'extended', payload: u64s(fields) };
}

function u64s(values: readonly number[]): Buffer {
  const payload = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => payload.writeBigUInt64BE(BigInt(value), index * 8));
  return payload;
}

/** OpenSSH clients size their requests by this, and give up when it fails (clients.md). */
export function limitsExtension(): Reply {
  const { sftpMessageBytesMax, sftpDataBytesMax, fileHandlesMax } = limits;
  return {
    kind: 'extended',
    payload: u64s([sftpMessageBytesMax, sftpDataBytesMax, sftpDataBytesMax, fileHandlesMax]),
  };
}

/** `~` and `~name` of the user itself are its root; anybody else's home does not exist here. */
export function expandPath(context: SftpContext, message: WireReader): Reply {
  const text = message.text();
  const home = /^~([^/]*)(\/.*)?$/su.exec(text);
  if (home === null) return { kind: 'path', path: context.path(new WireReader(wireString(text))) };
  const [, name = '', rest = '/'] = home;
  if (name !== '' && name !== context.username) throw new Fault('not-found');
  return { kind: 'path', path: context.path(new WireReader(wireString(rest))) };
}

export function homeDirectory(context: SftpContext, message: WireReader): Reply {
  const name = message.text();
  if (name !== '' && name !== context.username) throw new Fault('not-found');
  return { kind: 'path', path: '/' };
}

/** Names for the owner numbers that this channel was shown (OpenSSH PROTOCOL section 4.14). */
export function usersGroupsById(context: SftpContext, message: WireReader): Reply {
  const names = (): Buffer => {
    const ids = new WireReader(message.string());
    const parts: Buffer[] = [];
    while (ids.remaining > 0) parts.push(wireString(context.owners.nameOf(ids.u32())));
    return wireString(Buffer.concat(parts));
  };
  const users = names();
  return { kind: 'extended', payload: Buffer.concat([users, names()]) };
}

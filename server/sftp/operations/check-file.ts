import { createHash } from 'node:crypto';
import { Fault } from '../../domain/faults.ts';
import { limits } from '../../domain/limits.ts';
import { wireString } from '../../domain/wire-string.ts';
import type { SftpContext } from '../context.ts';
import type { FileHandle } from '../file-handle.ts';
import type { Reply } from '../replies.ts';
import { Turn } from '../turn.ts';
import type { WireReader } from '../wire.ts';
import { closeFile, openFile, settleFile } from './files.ts';

const algorithm = 'sha256';
/** draft-ietf-secsh-filexfer-extensions-00 section 3: blocks are at least this long, or the whole range. */
const blockBytesMin = 256;
const hashBytes = 32;

type Asked = { readonly start: number; readonly length: number; readonly blockBytes: number };

/** check-file-handle: SHA-256 of what the handle can read, block by block. */
export async function checkFileByHandle(context: SftpContext, message: WireReader): Promise<Reply> {
  const handle = context.handles.file(message.string());
  return reply(await hashes(context, handle, readAsked(message)));
}

/** check-file-name: opens the file as OPEN would, so with its permission and its ledger rows. */
export async function checkFileByName(context: SftpContext, message: WireReader): Promise<Reply> {
  const path = context.path(message);
  const asked = readAsked(message);
  const flags = {
    read: true,
    write: false,
    append: false,
    create: false,
    truncate: false,
    exclusive: false,
  };
  const handle = await openFile(context, path, flags, {});
  const digests = await hashes(context, handle, asked).catch(async (error: unknown) => {
    await settleFile(context, handle);
    throw error;
  });
  await closeFile(context, handle);
  return reply(digests);
}

/** `check-file`, as paramiko sends it and reads it: the reply repeats the name of the extension first. */
export async function checkFileParamiko(context: SftpContext, message: WireReader): Promise<Reply> {
  const answered = await checkFileByHandle(context, message);
  if (answered.kind !== 'extended') return answered;
  return { kind: 'extended', payload: Buffer.concat([wireString('check-file'), answered.payload]) };
}

function readAsked(message: WireReader): Asked {
  const offered = message.text().split(',');
  const asked = { start: message.u64(), length: message.u64(), blockBytes: message.u32() };
  if (!offered.includes(algorithm))
    throw new Fault('operation-unsupported', `the one hash here is ${algorithm}`);
  if (asked.blockBytes !== 0 && asked.blockBytes < blockBytesMin) {
    throw new Fault(
      'range-invalid',
      `a block has ${blockBytesMin} bytes or more, or 0 for one hash`,
    );
  }
  return asked;
}

async function hashes(
  context: SftpContext,
  handle: FileHandle,
  { start, length, blockBytes }: Asked,
): Promise<Buffer> {
  const end = length === 0 ? handle.size : Math.min(handle.size, start + length);
  const span = Math.max(0, end - start);
  if (span > limits.checkFileBytesMax)
    throw new Fault('range-invalid', 'the range is too long to hash in one request');
  const perHash = blockBytes === 0 ? Math.max(span, 1) : blockBytes;
  if (Math.ceil(span / perHash) * hashBytes > limits.sftpDataBytesMax)
    throw new Fault('range-invalid', 'too many blocks for one reply');
  // The whole file's hash was taken when it was received; a partial or a range is read.
  const { sha256 } = handle.grant.blob;
  if (start === 0 && end === handle.size && perHash >= span && sha256 !== null && !handle.isWriting)
    return Buffer.from(sha256, 'hex');
  const digests: Buffer[] = [];
  for (let at = start; at < end || digests.length === 0; at += perHash)
    digests.push(await hashRange(context, handle, at, Math.min(end, at + perHash)));
  return Buffer.concat(digests);
}

async function hashRange(
  context: SftpContext,
  handle: FileHandle,
  start: number,
  end: number,
): Promise<Buffer> {
  const hash = createHash(algorithm);
  const turn = new Turn();
  for (let at = start; at < end;) {
    if (turn.isLong) await turn.pause();
    if (context.ended) throw new Fault('session-ended');
    const data = await handle.read(at, Math.min(limits.sftpDataBytesMax, end - at));
    if (data.length === 0) break;
    hash.update(data);
    at += data.length;
  }
  return hash.digest();
}

function reply(digests: Buffer): Reply {
  return { kind: 'extended', payload: Buffer.concat([wireString(algorithm), digests]) };
}

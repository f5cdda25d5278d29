import { Fault } from '../../domain/faults.ts';
import { limits } from '../../domain/limits.ts';
import type { SftpContext } from '../context.ts';
import { ok, type Reply } from '../replies.ts';
import { Turn } from '../turn.ts';
import type { WireReader } from '../wire.ts';

/**
 * copy-data (draft-ietf-secsh-filexfer-extensions-00 section 7): between two open files, so it can do no more than READ
 * and WRITE of the same handles could (ProFTPD's mod_copy went round its own checks). Length 0 is to the end.
 */
export async function copyData(context: SftpContext, message: WireReader): Promise<Reply> {
  const fromName = message.string();
  const from = context.handles.file(fromName);
  const fromOffset = message.u64();
  const length = message.u64();
  const to = context.handles.file(message.string());
  const toOffset = message.u64();
  if (from === to) throw new Fault('range-invalid', 'a file cannot be copied onto itself');
  const end = length === 0 ? Number.MAX_SAFE_INTEGER : fromOffset + length;
  try {
    const turn = new Turn();
    for (let at = fromOffset; at < end;) {
      if (turn.isLong) await turn.pause();
      if (context.ended) throw new Fault('session-ended');
      const data = await from.read(at, Math.min(limits.sftpDataBytesMax, end - at));
      if (data.length === 0) break;
      await to.write(toOffset + (at - fromOffset), data);
      at += data.length;
    }
  } catch (error) {
    to.spoil(error);
  }
  return ok;
}

import type { TransferState } from '../domain/events.ts';
import type { FaultCode } from '../domain/faults.ts';
import { prepare } from '../database/prepared.ts';
import type { Unit } from '../database/units.ts';
import type { LiveOpen } from './opens.ts';
import type { FilesParts } from './parts.ts';

export type TransferEnd = {
  readonly state: TransferState;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly size: number | null;
  readonly sha256: string | null;
  /** Where the name is by now, if a directory above it was renamed since OPEN. */
  readonly path?: string;
  readonly entryId?: string;
  readonly replaced?: string | null;
  readonly reason?: FaultCode;
};

/** Whether the end of an open is recorded: what asks for it once more, as its session ends, comes too late. */
export async function isOver({ query }: Unit, { openId }: LiveOpen): Promise<boolean> {
  const transfer = await query
    .selectFrom('transfers')
    .select('ended_at')
    .where('id', '=', openId)
    .executeTakeFirst();
  return transfer !== undefined && transfer.ended_at !== null;
}

type EndedTransfer = {
  readonly id: string;
  readonly state: string;
  readonly path: string;
  readonly bytes: number;
  readonly size: number | null;
  readonly sha256: string | null;
  readonly endedAtMs: number;
  readonly entryId: string | null;
};

const endTransfer = prepare((query, end: EndedTransfer) =>
  query
    .updateTable('transfers')
    .set((build) => ({
      state: end.state,
      path: end.path,
      bytes: end.bytes,
      size: end.size,
      sha256: end.sha256,
      ended_at: end.endedAtMs,
      entry_id: build.fn.coalesce(build.val(end.entryId), 'entry_id'),
    }))
    .where('id', '=', end.id)
    .where('ended_at', 'is', null)
    .returning('id'),
);

/** Ends the transfer row and writes the ledger row of a CLOSE, unless that was done before: then it says false. */
export async function finishTransfer(
  parts: FilesParts,
  unit: Unit,
  open: LiveOpen,
  end: TransferEnd,
): Promise<boolean> {
  const path = end.path ?? open.path;
  const ended = await endTransfer.first(unit, {
    id: open.openId,
    state: end.state,
    path,
    bytes: open.kind === 'reading' ? end.bytesRead : end.bytesWritten,
    size: end.size,
    sha256: end.sha256,
    endedAtMs: unit.nowMs,
    entryId: end.entryId ?? null,
  });
  if (ended === undefined) return false;
  const whole = end.state === 'published' || end.state === 'completed' || end.state === 'unchanged';
  await parts.ledger.append(unit, {
    origin: open.holder.origin,
    outcome: whole ? 'success' : 'failed',
    reason: whole ? null : (end.reason ?? null),
    event: {
      event: 'file.closed.1',
      transfer: open.openId,
      agency: open.agency.code,
      path,
      state: end.state,
      bytesRead: end.bytesRead,
      bytesWritten: end.bytesWritten,
      size: end.size,
      sha256: end.sha256,
      replaced: end.replaced ?? null,
    },
  });
  return true;
}

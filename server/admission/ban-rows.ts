import type { Actor, LedgerEntry } from '../domain/events.ts';
import type { Penalty } from '../domain/penalties.ts';

export function banStarted(penalty: Penalty): LedgerEntry {
  const { source: banned, reason, failures, untilMs } = penalty;
  const until = new Date(untilMs).toISOString();
  return {
    origin: originOf({ kind: 'nobody' }, penalty),
    outcome: 'refused',
    reason,
    event: { event: 'ban.started.1', banned, failures, until },
  };
}

/** By a login. An administrator's is written where it is asked for. */
export function banLifted(penalty: Penalty): LedgerEntry {
  const { source: banned, reason, failures, refused, untilMs } = penalty;
  const before = { reason, failures, refused, until: new Date(untilMs).toISOString() };
  return {
    origin: originOf({ kind: 'server' }, penalty),
    outcome: 'success',
    reason: null,
    event: { event: 'ban.lifted.1', banned, before, after: null },
  };
}

function originOf(actor: Actor, { source }: Penalty): LedgerEntry['origin'] {
  return { actor, session: null, source };
}

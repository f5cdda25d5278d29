import type { Actor } from '../domain/events.ts';

/** What of a row stands beside its body, to search by. */
export type SearchColumns = {
  readonly actor: string | null;
  readonly agency: string | null;
};

type Told = { readonly event: string; readonly agency?: unknown; readonly username?: unknown };

/** Of an event, or of a body that was read back: both have these members. */
export function searchColumns(actor: Actor, event: Told): SearchColumns {
  return { actor: nameOfActor(actor, event), agency: agencyOf(actor, event) };
}

/** The name to search by; for a refused login the claimed one, marked as such. */
function nameOfActor(actor: Actor, event: Told): string | null {
  switch (actor.kind) {
    case 'user':
      return actor.username;
    case 'admin':
      return `admin:${actor.name}`;
    case 'host':
    case 'server':
      return actor.kind;
    case 'nobody':
      return event.event === 'login.refused.1' ? `claimed:${String(event.username)}` : null;
  }
}

function agencyOf(actor: Actor, event: Told): string | null {
  if ('agency' in event) return typeof event.agency === 'string' ? event.agency : null;
  return actor.kind === 'user' ? actor.agency : null;
}

import type { Authentication } from '../authentication/authentication.ts';
import type { Database } from '../database/units.ts';
import { userActor } from '../domain/actors.ts';
import type { CloseReason } from '../domain/authentication.ts';
import type { LedgerEntry, Origin } from '../domain/events.ts';
import {
  Fault,
  faultTexts,
  refusalOf,
  succeed,
  type FaultCode,
  type Outcome,
  type Refusal,
} from '../domain/faults.ts';
import type { Identity } from '../domain/identity.ts';
import type {
  FileReplies,
  FileRequest,
  FileRequestKind,
  FileRequestOf,
} from '../domain/requests.ts';
import { parseVirtualPathText } from '../domain/virtual-path.ts';
import type { Files } from '../files/files.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { Expiries, isExpired } from './expiries.ts';
import { RefusalCounts } from './refusal-counts.ts';
import type { Answers } from './verbs.ts';

export type MonitorParts = {
  readonly authentication: Authentication;
  readonly files: Pick<Files, 'request' | 'noteProgress' | 'sessionEnded'>;
  readonly database: Database;
  readonly ledger: Ledger;
  /** Milliseconds of the wall clock. */
  readonly clock: () => number;
  /** Ends a login that has expired. */
  readonly endSession: (sessionId: string, reason: CloseReason) => Promise<void>;
  /** A defect of the server's own, for the log. */
  readonly onFault: (error: unknown) => void;
};

/**
 * The monitor's side of the seam. It trusts no worker: a session id has to be one of a live login, a path is parsed
 * again, and whatever fails comes back as a refusal.
 */
export function createMonitor(parts: MonitorParts): Answers {
  const { authentication, files } = parts;
  const refusals = new RefusalCounts();
  const expiries = new Expiries({
    clock: parts.clock,
    identityOf: (sessionId) => authentication.identityOf(sessionId),
    end: (sessionId) => void parts.endSession(sessionId, 'expired').catch(parts.onFault),
  });

  async function refuse(
    identity: Identity,
    operation: string,
    path: string,
    code: FaultCode,
  ): Promise<void> {
    if (!refusals.note(identity.sessionId, operation, code)) return;
    try {
      await append(parts, refusalEntry(identity, { operation, path, code, count: 1 }));
    } catch (error) {
      refusals.untold(identity.sessionId, operation, code);
      throw error;
    }
  }

  async function request<K extends FileRequestKind>(
    sessionId: string,
    asked: FileRequestOf<K>,
  ): Promise<Outcome<FileReplies[K]>> {
    const identity = authentication.identityOf(sessionId);
    // A CLOSE settles what was opened in time.
    if (identity === undefined || (asked.kind !== 'close' && isExpired(identity, parts.clock())))
      return { ok: false, refusal: { code: 'session-ended', reason: faultTexts['session-ended'] } };
    try {
      recheckPaths(asked);
      return succeed(await files.request<K>(identity, asked));
    } catch (error) {
      const refusal = noteFault(parts, error);
      try {
        await refuse(identity, asked.kind, pathIn(asked), refusal.code);
      } catch (unwritten) {
        parts.onFault(unwritten);
        return {
          ok: false,
          refusal: { code: 'ledger-unavailable', reason: faultTexts['ledger-unavailable'] },
        };
      }
      return { ok: false, refusal };
    }
  }

  return {
    connectionOpened: (opening) => authentication.connectionOpened(opening),
    authenticate: async (attempt) => {
      const reply = await authentication.authenticate(attempt);
      if (reply.kind === 'accepted') expiries.watch(reply.ticket.sessionId);
      return reply;
    },
    connectionClosed: async (closing) => {
      const sessionId = authentication.sessionOf(closing.connectionId);
      const identity = sessionId === undefined ? undefined : authentication.identityOf(sessionId);
      try {
        if (identity !== undefined) {
          await files.sessionEnded(identity.sessionId);
          for (const counted of refusals.take(identity.sessionId))
            await append(parts, refusalEntry(identity, { ...counted, path: '' }));
        }
      } finally {
        if (sessionId !== undefined) expiries.forget(sessionId);
        // A login that is over must not count as one, whatever could not be recorded of it.
        await authentication.connectionClosed(closing);
      }
    },
    request,
    refused: async (sessionId, { operation, path, code }) => {
      const identity = authentication.identityOf(sessionId);
      if (identity === undefined || !isFaultCode(code)) return;
      await refuse(identity, operation.slice(0, 64), path, code);
    },
    progress: (sessionId, progress) => files.noteProgress(sessionId, progress),
  };
}

function append({ database, ledger }: MonitorParts, entry: LedgerEntry): Promise<void> {
  return database.write((unit) => ledger.append(unit, entry));
}

/** The refusal to answer with; what was not foreseen is logged with its cause and says nothing outside. */
function noteFault(parts: MonitorParts, error: unknown): Refusal {
  const own =
    !(error instanceof Fault) ||
    error.cause !== undefined ||
    error.code === 'key-material-unusable';
  if (own) parts.onFault(error);
  return refusalOf(error);
}

type CountedRefusal = {
  readonly operation: string;
  readonly path: string;
  readonly code: FaultCode;
  readonly count: number;
};

function refusalEntry(
  identity: Identity,
  { operation, path, code, count }: CountedRefusal,
): LedgerEntry {
  return {
    origin: originOf(identity),
    outcome: 'refused',
    reason: code,
    event: { event: 'request.refused.1', operation, path, count },
  };
}

function originOf(identity: Identity): Origin {
  return {
    actor: userActor(identity),
    session: identity.sessionId,
    source: identity.source,
  };
}

/** A path that a worker sends must be what the one parser made. @throws Fault `name-invalid` */
function recheckPaths(request: FileRequest): void {
  for (const path of pathsIn(request)) {
    if (parseVirtualPathText(path) !== path) throw new Fault('name-invalid');
  }
}

function pathsIn(request: FileRequest): readonly string[] {
  if (request.kind === 'close' || request.kind === 'keep') return [];
  return request.kind === 'rename' ? [request.from, request.to] : [request.path];
}

function pathIn(request: FileRequest): string {
  return pathsIn(request)[0] ?? '';
}

function isFaultCode(code: string): code is FaultCode {
  return Object.hasOwn(faultTexts, code);
}

import type {
  AuthenticationReply,
  ConnectionOpening,
  ProofMethod,
  Source,
} from '../domain/authentication.ts';
import type { FaultCode } from '../domain/faults.ts';
import type { Asked } from './interaction.ts';
import { proofMethods } from './login-methods.ts';
import type { VerifiedProof } from './proofs.ts';

/** One connection between its key exchange and its close. Nothing of an offer is ever kept here. */
export type ConnectionState = {
  readonly opening: ConnectionOpening;
  /** `address:port`, IPv6 in brackets. */
  readonly source: string;
  /** The name of the first request; another one ends the connection. */
  username: string | undefined;
  /** Verified proofs, in order, of a login that needs more. */
  verified: readonly VerifiedProof[];
  /** What a refusal names. All of them until a proof was good: before that they would tell of the user. */
  methods: readonly ProofMethod[];
  /** What keyboard-interactive waits for; the next request answers it or gives it up. */
  asked: Asked | null;
  /** Refusals that have a row in the ledger, by reason and kind of proof, and how many there were of each. */
  readonly refusals: Map<string, CountedRefusal>;
  failures: number;
  /** A signature by a key that the user does not have was counted as a failed login. */
  foreignKeyCounted: boolean;
  /** `none` requests and keys that were merely offered. */
  unproven: number;
  /** By a login, or by the connection's end: nothing more is answered but by disconnecting. */
  isOver: boolean;
  sessionId: string | undefined;
  readonly queue: ReplyQueue;
};

/** One whose name is pinned. */
export type NamedConnection = ConnectionState & { readonly username: string };

type CountedRefusal = {
  readonly username: string;
  /** Its kind: the proofs themselves may differ. */
  readonly proof: string;
  readonly reason: FaultCode;
  count: number;
};

type ReplyQueue = {
  /** Runs `work` after what came before; undefined if too much is waiting. */
  run(work: () => Promise<AuthenticationReply>): Promise<AuthenticationReply> | undefined;
  /** Resolves when nothing is left. */
  idle(): Promise<void>;
};

export function openConnectionState(
  opening: ConnectionOpening,
  queuedMax: number,
): ConnectionState {
  return {
    opening,
    source: formatSource(opening.source),
    username: undefined,
    verified: [],
    methods: proofMethods,
    asked: null,
    refusals: new Map(),
    failures: 0,
    foreignKeyCounted: false,
    unproven: 0,
    isOver: false,
    sessionId: undefined,
    queue: createQueue(queuedMax),
  };
}

function createQueue(queuedMax: number): ReplyQueue {
  let queued = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    run: (work) => {
      if (queued >= queuedMax) return undefined;
      queued += 1;
      const result = last.then(work).finally(() => (queued -= 1));
      last = result.catch(() => undefined);
      return result;
    },
    idle: async () => {
      await last;
    },
  };
}

function formatSource({ address, port }: Source): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

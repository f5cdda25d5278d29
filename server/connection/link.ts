import type { ConnectionLimits } from './own-limits.ts';
import type { WireProtocol } from './ssh2-internals.ts';

/** What the parts of one connection (login, channels, key exchange) may know of it and do to it. */
export interface Link {
  readonly limits: ConnectionLimits;
  readonly protocol: WireProtocol;
  /** Nothing goes in or out any more. */
  readonly ended: boolean;
  /** The client broke the protocol: the socket is destroyed. */
  violate(what: string): void;
  /** Waybill failed: the connection is ended, and the error logged. */
  fault(error: unknown): void;
}

/** SSH_MSG_DISCONNECT reasons (RFC 4253 section 11.1). */
export const disconnectCodes = {
  protocolError: 2,
  serviceNotAvailable: 7,
  byApplication: 11,
  noMoreAuthMethods: 14,
} as const;

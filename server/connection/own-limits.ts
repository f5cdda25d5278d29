import { limits } from '../domain/limits.ts';

/** Limits that only this station knows of, beside the shared ones. */
const ownLimits = {
  /** Silence from a logged-in client before it is asked for a sign of life, and how many it may leave unanswered. */
  keepaliveMs: 15_000,
  keepalivesMissedMax: 4,
  /**
   * Encrypted bytes waiting for the socket: above the first, channels wait (above the short one while memory is short);
   * above the last, nothing is read.
   */
  outputBytesMax: 1024 * 1024,
  outputBytesShortMax: 128 * 1024,
  outputBytesPause: 4 * 1024 * 1024,
  /** Bytes that a channel's stream takes before `write` returns false. */
  channelWriteBytesMax: 256 * 1024,
  /** New keys that a client may ask for before it has logged in: each costs the server a signature. */
  rekeysBeforeLoginMax: 3,
  /** Packets held back while a key exchange runs, and their bytes. */
  rekeyPacketsQueuedMax: 4096,
  rekeyBytesQueuedMax: 256 * 1024,
  /** Global requests that wait for their turn to be answered, and how often host keys are proven on one connection. */
  globalRequestsQueuedMax: 16,
  hostKeyProofsMax: 4,
  /** How long SSH_MSG_DISCONNECT may take to leave before the socket is destroyed. */
  disconnectMsMax: 1000,
  usernameBytesMax: 1024,
} as const;

export type ConnectionLimits = {
  readonly [K in keyof typeof limits | keyof typeof ownLimits]: number;
};

export const connectionLimits: ConnectionLimits = { ...limits, ...ownLimits };

import type { CloseReason } from '../domain/authentication.ts';
import { disconnectCodes } from './link.ts';
import { type WireProtocol, sendMessage } from './ssh2-internals.ts';
import { wireString } from '../domain/wire-string.ts';

const texts: Readonly<Record<CloseReason, string>> = {
  'client-left': 'goodbye',
  'connection-lost': 'connection lost',
  'protocol-error': 'protocol error',
  'login-timeout': 'the login took too long',
  'attempts-exceeded': 'too many authentication failures',
  idle: 'idle for too long',
  stalled: 'the transfer has stalled',
  administrator: 'closed by an administrator',
  expired: 'the user or its key has expired',
  'server-stopping': 'the server is stopping: connect again in a minute',
  'worker-lost': 'internal error',
};

/** What the client is told as the reason of the end. */
export function farewellOf(reason: CloseReason): { code: number; text: string } {
  return { code: codeOf(reason), text: texts[reason] };
}

function codeOf(reason: CloseReason): number {
  if (reason === 'protocol-error') return disconnectCodes.protocolError;
  if (reason === 'attempts-exceeded') return disconnectCodes.noMoreAuthMethods;
  return disconnectCodes.byApplication;
}

/** SSH_MSG_DISCONNECT (RFC 4253 section 11.1), even in the middle of a key exchange. ssh2's has no text. */
export function sendDisconnect(protocol: WireProtocol, code: number, text: string): void {
  const message = Buffer.concat([Buffer.of(1, 0, 0, 0, code), wireString(text), wireString('')]);
  sendMessage(protocol, message, true);
}

/**
 * Between our NEWKEYS and the client's, ssh2 still encrypts with the old keys (kex.js, finishing with `_sentNEWKEYS`),
 * and the client would take a goodbye for a forgery: "message authentication code incorrect".
 */
export function canSayGoodbye(protocol: WireProtocol): boolean {
  return !(protocol._kexinit !== undefined && protocol._kex?._sentNEWKEYS === true);
}

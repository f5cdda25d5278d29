import { type WireProtocol, sendMessage } from './ssh2-internals.ts';
import { wireString } from '../domain/wire-string.ts';

const extInfo = 7;

/**
 * SSH_MSG_EXT_INFO (RFC 8308 section 2.3): `server-sig-algs` (section 3.1), and that pings are answered (OpenSSH's
 * PROTOCOL section 1.9).
 */
export function extInfoMessage(signatures: readonly string[]): Buffer {
  return Buffer.concat([
    Buffer.of(extInfo, 0, 0, 0, 2),
    wireString('server-sig-algs'),
    wireString(signatures.join(',')),
    wireString('ping@openssh.com'),
    wireString('0'),
  ]);
}

/**
 * Our EXT_INFO in place of ssh2's, whose list lacks a comma and names SHA-1 (Protocol.js:2113). Called before ssh2's
 * own `_onHandshakeComplete` of the first key exchange, so that it is the next packet after our first NEWKEYS, as
 * RFC 8308 section 2.4 asks.
 */
export function sendExtInfo(protocol: WireProtocol, signatures: readonly string[]): void {
  const exchange = protocol._kex;
  if (exchange === undefined || !exchange.remoteExtInfoEnabled) return;
  exchange.remoteExtInfoEnabled = false;
  sendMessage(protocol, extInfoMessage(signatures));
}

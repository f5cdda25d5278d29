import { signatureAlgorithms } from './algorithms.ts';
import { type WireProtocol, sendMessage } from './ssh2-internals.ts';
import { wireString } from '../domain/wire-string.ts';

const extInfo = 7;

/** SSH_MSG_EXT_INFO with one extension, `server-sig-algs` (RFC 8308 sections 2.3 and 3.1). */
export function extInfoMessage(): Buffer {
  return Buffer.concat([
    Buffer.of(extInfo, 0, 0, 0, 1),
    wireString('server-sig-algs'),
    wireString(signatureAlgorithms.join(',')),
  ]);
}

/**
 * Our EXT_INFO in place of ssh2's, whose list lacks a comma and names SHA-1 (Protocol.js:2113). Called before ssh2's
 * own `_onHandshakeComplete` of the first key exchange, so that it is the next packet after our first NEWKEYS, as
 * RFC 8308 section 2.4 asks.
 */
export function sendExtInfo(protocol: WireProtocol): void {
  const exchange = protocol._kex;
  if (exchange === undefined || !exchange.remoteExtInfoEnabled) return;
  exchange.remoteExtInfoEnabled = false;
  sendMessage(protocol, extInfoMessage());
}

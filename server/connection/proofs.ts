import type { Proof } from '../domain/authentication.ts';
import { signatureAlgorithms } from './algorithms.ts';
import type { ConnectionLimits } from './own-limits.ts';
import { wireString } from '../domain/wire-string.ts';
import { WireReader } from './wire-reader.ts';

/** One SSH_MSG_USERAUTH_REQUEST. */
export type LoginRequest = {
  readonly username: string;
  readonly service: string;
  readonly proof: Proof;
};

/**
 * Reads a USERAUTH_REQUEST (RFC 4252 section 5), or undefined if it is malformed. ssh2's own reading of it is passed
 * over: it hands out objects for passwords, hides the signature algorithm, takes signatures with no or the wrong
 * prefix, and queues in the wrong order.
 */
export function readLoginRequest(
  payload: Buffer,
  sessionId: Buffer,
  limits: ConnectionLimits,
): LoginRequest | undefined {
  const reader = new WireReader(payload, 1);
  const username = reader.string();
  const service = reader.text();
  const method = reader.text();
  if (username === undefined || service === undefined || method === undefined) return undefined;
  if (username.length > limits.usernameBytesMax) return undefined;

  const proof = readProof(method, reader, payload, sessionId, limits);
  if (proof === undefined) return undefined;
  return { username: username.toString('utf8'), service, proof };
}

function readProof(
  method: string,
  reader: WireReader,
  payload: Buffer,
  sessionId: Buffer,
  limits: ConnectionLimits,
): Proof | undefined {
  switch (method) {
    case 'none':
      return { kind: 'none' };
    case 'password':
      return readPassword(reader, limits);
    case 'publickey':
      return readPublicKey(reader, payload, sessionId);
    default:
      return unusable(method);
  }
}

/** RFC 4252 section 8. A request to change the password is none to log in. */
function readPassword(reader: WireReader, limits: ConnectionLimits): Proof | undefined {
  const change = reader.boolean();
  const bytes = reader.string();
  if (change === undefined || bytes === undefined) return undefined;
  if (change || bytes.length > limits.passwordBytesMax) return unusable('password');
  const password = bytes.toString('utf8');
  if (!Buffer.from(password, 'utf8').equals(bytes)) return unusable('password');
  return { kind: 'password', password };
}

/** RFC 4252 section 7. */
function readPublicKey(reader: WireReader, payload: Buffer, sessionId: Buffer): Proof | undefined {
  const signed = reader.boolean();
  const algorithm = reader.text();
  const keyBlob = reader.string();
  if (signed === undefined || algorithm === undefined || keyBlob === undefined) return undefined;

  // RFC 4251 section 6: names of algorithms have 64 characters at most. What is longer may not be said to the monitor.
  if (algorithm.length > 64) return unusable('publickey');
  const keyType = /^rsa-sha2-(256|512)$/.test(algorithm) ? 'ssh-rsa' : algorithm;
  const wrongKey = new WireReader(keyBlob).text() !== keyType;
  // `ssh-rsa` as an algorithm means SHA-1; an offer of it is refused too, or the client would go on to sign with it.
  if (wrongKey || algorithm === 'ssh-rsa' || algorithm === 'ssh-dss') {
    return unusable(`publickey ${algorithm}`);
  }
  if (!signed) return { kind: 'offer', algorithm, keyBlob: copyOf(keyBlob) };

  const request = payload.subarray(0, reader.offset);
  const wrapped = reader.string();
  if (wrapped === undefined) return undefined;
  const signature = readSignature(wrapped, algorithm);
  if (signature === undefined) return unusable(`publickey ${algorithm}`);
  return {
    kind: 'signature',
    algorithm,
    keyBlob: copyOf(keyBlob),
    signature,
    signed: copyOf(Buffer.concat([wireString(sessionId), request])),
  };
}

/**
 * The signature out of its wrapping (RFC 4253 section 6.6), in the form that OpenSSL verifies. The algorithm named
 * within must be the one of the request, or a client could have one thing checked and another believed.
 */
function readSignature(wrapped: Buffer, algorithm: string): Uint8Array | undefined {
  if (!isSignatureAlgorithm(algorithm)) return undefined;
  const reader = new WireReader(wrapped);
  const named = reader.text();
  const signature = reader.string();
  if (named !== algorithm || signature === undefined || !reader.atEnd) return undefined;
  if (algorithm === 'ssh-ed25519') return signature.length === 64 ? copyOf(signature) : undefined;
  if (algorithm.startsWith('ecdsa-')) return derOfEcdsa(signature);
  return signature.length === 0 ? undefined : copyOf(signature);
}

/** RFC 5656 section 3.1.2 (two mpints) to DER: an mpint holds just the bytes of a DER INTEGER. */
function derOfEcdsa(signature: Buffer): Uint8Array | undefined {
  const reader = new WireReader(signature);
  const r = reader.string();
  const s = reader.string();
  if (r === undefined || s === undefined || !reader.atEnd) return undefined;
  if (!isPositiveInteger(r) || !isPositiveInteger(s)) return undefined;
  const body = Buffer.concat([Buffer.of(2, r.length), r, Buffer.of(2, s.length), s]);
  const head = body.length < 128 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return copyOf(Buffer.concat([Buffer.from(head), body]));
}

/** P-521 has integers of 66 bytes. */
function isPositiveInteger(mpint: Buffer): boolean {
  return mpint.length > 0 && mpint.length <= 67 && mpint[0]! < 0x80;
}

export function isSignatureAlgorithm(algorithm: string): boolean {
  return (signatureAlgorithms as readonly string[]).includes(algorithm);
}

/** The method goes to the ledger, so it is cut to what is safe to show. */
function unusable(method: string): Proof {
  return { kind: 'unusable', method: method.slice(0, 64).replace(/[^\x20-\x7e]/g, '?') };
}

/** Off the socket's buffer: `structuredClone` of a view copies the whole of what lies under it. */
function copyOf(view: Uint8Array): Uint8Array {
  return new Uint8Array(view);
}

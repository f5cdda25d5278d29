import type { Proof } from '../domain/authentication.ts';
import { keyTypeFor, plainNameOf, signatureAlgorithms } from '../domain/signature-algorithms.ts';
import { readWireSignature } from '../domain/wire-signature.ts';
import type { ConnectionLimits } from './own-limits.ts';
import { wireString } from '../domain/wire-string.ts';
import { WireReader } from './wire-reader.ts';

type SignatureProof = Extract<Proof, { kind: 'signature' }>;

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
    case 'keyboard-interactive':
      return readInteractive(reader);
    case 'publickey':
      return readPublicKey(reader, payload, sessionId);
    default:
      return unusable(method);
  }
}

/** RFC 4256 section 3.1: a language and the devices that the client would like, which nothing here depends on. */
function readInteractive(reader: WireReader): Proof | undefined {
  if (reader.string() === undefined || reader.string() === undefined) return undefined;
  return { kind: 'interactive' };
}

/** More than are ever asked for. */
const answersMax = 4;

/**
 * Reads a USERAUTH_INFO_RESPONSE (RFC 4256 section 3.4), or undefined if it is malformed.
 */
export function readAnswers(payload: Buffer, limits: ConnectionLimits): Proof | undefined {
  const reader = new WireReader(payload, 1);
  const count = reader.uint32();
  if (count === undefined || count > answersMax) return undefined;
  const answers: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const bytes = reader.string();
    if (bytes === undefined) return undefined;
    const answer = readSecret(bytes, limits);
    if (answer === undefined) return unusable('keyboard-interactive');
    answers.push(answer);
  }
  return reader.atEnd ? { kind: 'answers', answers } : undefined;
}

/** What was typed, if it is text that is not too long. */
function readSecret(bytes: Buffer, limits: ConnectionLimits): string | undefined {
  if (bytes.length > limits.passwordBytesMax) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** RFC 4252 section 8. */
function readPassword(reader: WireReader, limits: ConnectionLimits): Proof | undefined {
  const change = reader.boolean();
  const bytes = reader.string();
  if (change === undefined || bytes === undefined) return undefined;
  const password = readSecret(bytes, limits);
  if (!change)
    return password === undefined ? unusable('password') : { kind: 'password', password };
  const newBytes = reader.string();
  if (newBytes === undefined) return undefined;
  const newPassword = readSecret(newBytes, limits);
  if (password === undefined || newPassword === undefined) return unusable('password');
  return { kind: 'password-change', password, newPassword };
}

/** RFC 4252 section 7. */
function readPublicKey(reader: WireReader, payload: Buffer, sessionId: Buffer): Proof | undefined {
  const signed = reader.boolean();
  const algorithm = reader.text();
  const keyBlob = reader.string();
  if (signed === undefined || algorithm === undefined || keyBlob === undefined) return undefined;

  // RFC 4251 section 6: names of algorithms have 64 characters at most. What is longer may not be said to the monitor.
  if (algorithm.length > 64) return unusable('publickey');
  const wrongKey = new WireReader(keyBlob).text() !== keyTypeFor(algorithm);
  // `ssh-rsa` as an algorithm means SHA-1; an offer of it is refused too, or the client would go on to sign with it.
  if (wrongKey || /^ssh-(?:rsa|dss)$/.test(plainNameOf(algorithm))) {
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
    ...signature,
    signed: copyOf(Buffer.concat([wireString(sessionId), request])),
  };
}

/**
 * The algorithm named in the signature must be the one of the request, without its certificate, or a client could have
 * one thing checked and another believed.
 */
function readSignature(
  wrapped: Buffer,
  wanted: string,
): Pick<SignatureProof, 'signature' | 'hardware'> | undefined {
  if (!isSignatureAlgorithm(wanted)) return undefined;
  const read = readWireSignature(wrapped);
  if (read === undefined) return undefined;
  const { algorithm, ...signature } = read;
  return algorithm === plainNameOf(wanted) ? signature : undefined;
}

export function isSignatureAlgorithm(algorithm: string): boolean {
  return signatureAlgorithms.includes(plainNameOf(algorithm));
}

/** The method goes to the ledger, so it is cut to what is safe to show. */
function unusable(method: string): Proof {
  return { kind: 'unusable', method: method.slice(0, 64).replace(/[^\x20-\x7e]/g, '?') };
}

/** Off the socket's buffer: `structuredClone` of a view copies the whole of what lies under it. */
function copyOf(view: Uint8Array): Uint8Array {
  return new Uint8Array(view);
}

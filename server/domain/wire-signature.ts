import { isHardware } from './signature-algorithms.ts';

/** What a security device says beside its signature, and signs with it (OpenSSH's PROTOCOL.u2f). */
export type HardwareMarks = {
  /** Bit 0: somebody touched the device. Bit 2: it has verified who, by a PIN or a finger. */
  readonly flags: number;
  /** How often it has signed, as it counts; some devices always say 0. */
  readonly counter: number;
};

export type WireSignature = {
  readonly algorithm: string;
  /** Ed25519: 64 raw bytes. ECDSA: DER. RSA: PKCS#1 v1.5. */
  readonly signature: Uint8Array;
  readonly hardware?: HardwareMarks;
};

/**
 * A signature out of its wrapping (RFC 4253 section 6.6; behind those of security devices come flags and a counter), in
 * the form that OpenSSL verifies; undefined if it is malformed.
 */
export function readWireSignature(wrapped: Uint8Array): WireSignature | undefined {
  const [name, behindName] = takeString(wrapped);
  if (name === undefined) return undefined;
  const [body, behind] = takeString(behindName);
  if (body === undefined) return undefined;
  const algorithm = name.toString('latin1');
  const signature = signatureIn(algorithm, body);
  if (signature === undefined) return undefined;
  if (!isHardware(algorithm)) return behind.length === 0 ? { algorithm, signature } : undefined;
  if (behind.length !== 5) return undefined;
  const hardware = { flags: behind[0]!, counter: behind.readUInt32BE(1) };
  return { algorithm, signature, hardware };
}

function signatureIn(algorithm: string, body: Buffer): Uint8Array | undefined {
  if (algorithm.includes('ecdsa-')) return derOfEcdsa(body);
  if (algorithm.includes('ed25519')) return body.length === 64 ? copyOf(body) : undefined;
  return body.length === 0 ? undefined : copyOf(body);
}

/** RFC 5656 section 3.1.2 (two mpints) to DER: an mpint holds just the bytes of a DER INTEGER. */
function derOfEcdsa(signature: Buffer): Uint8Array | undefined {
  const [r, behindR] = takeString(signature);
  const [s, behind] = takeString(behindR);
  if (r === undefined || s === undefined || behind.length !== 0) return undefined;
  if (!isPositiveInteger(r) || !isPositiveInteger(s)) return undefined;
  const body = Buffer.concat([Buffer.of(2, r.length), r, Buffer.of(2, s.length), s]);
  const head = body.length < 128 ? [0x30, body.length] : [0x30, 0x81, body.length];
  return copyOf(Buffer.concat([Buffer.from(head), body]));
}

/** P-521 has integers of 66 bytes. */
function isPositiveInteger(mpint: Buffer): boolean {
  return mpint.length > 0 && mpint.length <= 67 && mpint[0]! < 0x80;
}

/** The `string` (RFC 4251 section 5) that bytes begin with, undefined if they end before it does, and what is behind it. */
function takeString(bytes: Uint8Array): readonly [taken: Buffer | undefined, behind: Buffer] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.length < 4 ? Infinity : 4 + buffer.readUInt32BE(0);
  if (end > buffer.length) return [undefined, buffer];
  return [buffer.subarray(4, end), buffer.subarray(end)];
}

/** Off the buffer it lies in: `structuredClone` of a view copies the whole of what lies under it. */
function copyOf(view: Uint8Array): Uint8Array {
  return new Uint8Array(view);
}

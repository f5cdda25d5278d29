import type { CertificateNames } from '../accounts/certificate-standing.ts';
import { fingerprintOf, parseKeyBlob } from '../accounts/key-blob.ts';
import type { PublicKey } from '../accounts/key-blob.ts';
import { WireReader } from '../accounts/wire-reader.ts';
import { canonicalCidr } from '../domain/addresses.ts';
import { Fault } from '../domain/faults.ts';
import { isCertified, plainNameOf } from '../domain/signature-algorithms.ts';
import { readWireSignature, type WireSignature } from '../domain/wire-signature.ts';
import { wireString } from '../domain/wire-string.ts';
import { hardwareRefusal, hashFor, isSignedBy } from './signatures.ts';

/** An OpenSSH user certificate (OpenSSH's PROTOCOL.certkeys) that is well-formed; who may log in with it is another matter. */
export type Certificate = {
  /** The certified key. */
  readonly key: PublicKey;
  readonly authority: PublicKey;
  /** Whether the authority's key signed all of it. */
  readonly isSigned: boolean;
  /** With what, as it says. */
  readonly signedWith: string;
  /** 64 bits in decimal; an authority that does not number its certificates says 0. */
  readonly serial: string;
  /** What the authority calls it. */
  readonly keyId: string;
  readonly principals: readonly string[];
  readonly validAfterMs: number;
  /** The first moment at which it is not valid any more; null is never. */
  readonly validBeforeMs: number | null;
  /** The critical option `source-address`: where a login may come from; null is anywhere. */
  readonly sourceCidrs: readonly string[] | null;
  /** The critical option of that name: the device must have verified the user. */
  readonly verifyRequired: boolean;
};

/** A certified RSA key of 16,384 bits with an authority of as many is 7 KiB, before its principals and options. */
export const certificateBytesMax = 16_384;
const principalsMax = 256;
/** A login is held against each; as many as a user's own addresses. */
const sourcesMax = 100;
const keyIdBytesMax = 255;
const nonceBytesMin = 16;
const forUsers = 1;
const forHosts = 2;
/** The last moment that a Date has; what ends later never ends, as PROTOCOL.certkeys says it with all bits set. */
const timeMsMax = 8.64e15;

/** How many fields each kind of key has (RFC 8709, RFC 5656, RFC 4253, PROTOCOL.u2f). */
const fieldsOf: Readonly<Record<string, number>> = {
  'ssh-ed25519': 1,
  'ecdsa-sha2-nistp256': 2,
  'ecdsa-sha2-nistp384': 2,
  'ecdsa-sha2-nistp521': 2,
  'ssh-rsa': 2,
  'sk-ssh-ed25519@openssh.com': 2,
  'sk-ecdsa-sha2-nistp256@openssh.com': 3,
};

/**
 * Reads a certificate and checks its authority's signature, in the same time whoever the authority is.
 *
 * @throws Fault `certificate-malformed`, `certificate-type-wrong`, `certificate-option-unknown`, or `key-weak` where its
 *   key, its authority's or their algorithm is
 */
export function readCertificate(bytes: Uint8Array): Certificate {
  return read(bytes, forUsers);
}

/** The same of a host, whose principals are its names. @throws Fault, as above */
export function readHostCertificate(bytes: Uint8Array): Certificate {
  return read(bytes, forHosts);
}

function read(bytes: Uint8Array, role: number): Certificate {
  try {
    return parse(bytes, role);
  } catch (error) {
    if (error instanceof Fault && error.code !== 'field-invalid') throw error;
    throw malformed(undefined, error);
  }
}

function parse(bytes: Uint8Array, role: number): Certificate {
  if (bytes.byteLength > certificateBytesMax) throw malformed('it is too long');
  // A copy, so that no caller can change what was checked.
  const fields = takeApart(Buffer.from(bytes));
  if (fields.nonce.length < nonceBytesMin) throw malformed('its nonce is missing or short');
  if (fields.role !== role) throw new Fault('certificate-type-wrong');
  const key = parseKeyBlob(fields.keyBlob);
  const keyId = textOf(fields.keyId);
  const principals = readPrincipals(fields.principals);
  const validAfterMs = msOf(fields.validAfter) ?? Infinity;
  const validBeforeMs = msOf(fields.validBefore);
  const options = honoured(readOptions(fields.options));
  // What it allows beyond a login (a terminal, forwarding) is nothing that Waybill has; no-touch-required is the
  // administrator's to say. Their form is checked all the same.
  readOptions(fields.extensions);
  const authority = parseKeyBlob(fields.authorityBlob);
  const signature = readWireSignature(fields.signature);
  if (signature === undefined) throw malformed('its signature is none');
  const isSigned = isSignedByAuthority(authority, fields.signed, signature);
  const { serial } = fields;
  return {
    key,
    authority,
    isSigned,
    signedWith: signature.algorithm,
    serial,
    keyId,
    principals,
    validAfterMs,
    validBeforeMs,
    ...options,
  };
}

/** What the bytes of a certificate say that they are, unchecked and perhaps by nobody; undefined where they are none. */
export function claimedNames(bytes: Uint8Array): CertificateNames | undefined {
  if (bytes.byteLength > certificateBytesMax) return undefined;
  try {
    const { keyBlob, authorityBlob, serial, keyId } = takeApart(Buffer.from(bytes));
    const key = fingerprintOf(keyBlob);
    const authority = fingerprintOf(authorityBlob);
    return { authority, key, serial, keyId: keyId.toString('utf8') };
  } catch {
    return undefined;
  }
}

/** The fields of one, of whatever they say. @throws Fault `certificate-malformed`, `field-invalid` */
function takeApart(blob: Buffer) {
  const reader = new WireReader(blob);
  const type = reader.string().toString('latin1');
  if (!isCertified(type)) throw malformed('it is none');
  const fields = {
    nonce: reader.string(),
    keyBlob: takeKey(plainNameOf(type), reader),
    serial: reader.uint64().toString(),
    role: reader.uint32(),
    keyId: reader.string(),
    principals: reader.string(),
    validAfter: reader.uint64(),
    validBefore: reader.uint64(),
    options: reader.string(),
    extensions: reader.string(),
    reserved: reader.string(),
    authorityBlob: reader.string(),
  };
  const signed = blob.subarray(0, reader.offset);
  const signature = reader.string();
  reader.end();
  return { ...fields, signed, signature };
}

/** The certified key in the wire form that it has without its certificate, for the one strict parser. */
function takeKey(type: string, reader: WireReader): Buffer {
  const fields = fieldsOf[type];
  // `constructor` is a field of every object.
  if (typeof fields !== 'number') throw malformed('its kind of key is not taken');
  const read = Array.from({ length: fields }, () => wireString(reader.string()));
  return Buffer.concat([wireString(type), ...read]);
}

function readPrincipals(bytes: Buffer): readonly string[] {
  const reader = new WireReader(bytes);
  const principals: string[] = [];
  while (!reader.atEnd) {
    if (principals.length >= principalsMax) throw malformed('it names too many principals');
    principals.push(reader.string().toString('utf8'));
  }
  return principals;
}

type Options = ReadonlyMap<string, Buffer>;

/** Names in strictly rising order, so none twice, each with its data. */
function readOptions(bytes: Buffer): Options {
  const reader = new WireReader(bytes);
  const options = new Map<string, Buffer>();
  let last = '';
  while (!reader.atEnd) {
    const name = reader.string().toString('latin1');
    if (name <= last) throw malformed('its options are not in order');
    options.set(name, reader.string());
    last = name;
  }
  return options;
}

/** @throws Fault `certificate-option-unknown` for what must be honoured and is not; a forced command is of that kind */
function honoured(options: Options): Pick<Certificate, 'sourceCidrs' | 'verifyRequired'> {
  for (const name of options.keys())
    if (name !== 'source-address' && name !== 'verify-required')
      throw new Fault('certificate-option-unknown');
  const addresses = options.get('source-address');
  const flag = options.get('verify-required');
  if (flag !== undefined && flag.length > 0) throw malformed('a flag has a value');
  return {
    sourceCidrs: addresses === undefined ? null : readCidrs(addresses),
    verifyRequired: flag !== undefined,
  };
}

/** As strict as OpenSSH: what is meant by `10.1.2.3/8` is not guessed. */
function readCidrs(data: Buffer): readonly string[] {
  const reader = new WireReader(data);
  const list = reader.string().toString('latin1').split(',');
  reader.end();
  if (list.length > sourcesMax) throw malformed('it names too many source addresses');
  return list.map((text) => {
    const cidr = canonicalCidr(text);
    const address = text.split('/')[0]!;
    if (cidr === undefined || canonicalCidr(address) !== cidr.split('/')[0])
      throw malformed('its source addresses are none');
    return cidr;
  });
}

/** Text that a person can be shown and that a revocation can name. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (bytes.length > keyIdBytesMax || !Buffer.from(text).equals(bytes) || /\p{C}/u.test(text))
    throw malformed('its key id is no text');
  return text;
}

/** Null where that is never. */
function msOf(seconds: bigint): number | null {
  const ms = Number(seconds) * 1000;
  return ms > timeMsMax ? null : ms;
}

function isSignedByAuthority(
  authority: PublicKey,
  message: Buffer,
  { algorithm, signature, hardware }: WireSignature,
): boolean {
  if (algorithm === 'ssh-rsa') throw new Fault('key-weak', 'the certificate is signed with SHA-1');
  const hash = hashFor(authority.type, algorithm);
  if (hash === undefined) return false;
  const demands = { touchRequired: true, verifyRequired: false };
  return (
    isSignedBy(authority, { hash, message, signature, hardware }) &&
    hardwareRefusal(hardware ?? null, demands) === null
  );
}

function malformed(reason?: string, cause?: unknown): Fault {
  return new Fault('certificate-malformed', reason, { cause });
}

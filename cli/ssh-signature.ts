import { createHash, createPublicKey, verify } from 'node:crypto';

/** What an `allowed_signers` file says of a key (ssh-keygen(1), ALLOWED SIGNERS). */
export type AllowedSigner = {
  readonly principals: readonly string[];
  /** Null for any. */
  readonly namespaces: readonly string[] | null;
  /** Milliseconds since the epoch; null for always. */
  readonly validAfterMs: number | null;
  readonly validBeforeMs: number | null;
  /** The SSH wire form. */
  readonly key: Buffer;
};

const magic = 'SSHSIG';
const keyType = 'ssh-ed25519';
const hashes: ReadonlySet<string> = new Set(['sha256', 'sha512']);

/** Lines of other keys than Ed25519 are left out: the server signs with no other. */
export function allowedSignersIn(text: string): readonly AllowedSigner[] {
  return text.split('\n').flatMap((line) => {
    const found =
      /^(\S+)\s+(?:([a-z-]+="[^"]*"(?:,[a-z-]+="[^"]*")*)\s+)?ssh-ed25519\s+([A-Za-z0-9+/=]+)/.exec(
        line.trim(),
      );
    if (found === null || line.trim().startsWith('#')) return [];
    const [, principals = '', options = '', base64 = ''] = found;
    const given = new Map(
      [...options.matchAll(/([a-z-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
        name,
        value,
      ]),
    );
    // An option that is not known here may restrict the key.
    if ([...given.keys()].some((name) => !knownOptions.has(name))) return [];
    const validAfterMs = timeIn(given.get('valid-after'));
    const validBeforeMs = timeIn(given.get('valid-before'));
    if (Number.isNaN(validAfterMs) || Number.isNaN(validBeforeMs)) return [];
    return [
      {
        principals: principals.split(','),
        namespaces: given.get('namespaces')?.split(',') ?? null,
        validAfterMs,
        validBeforeMs,
        key: Buffer.from(base64, 'base64'),
      },
    ];
  });
}

const knownOptions: ReadonlySet<string> = new Set(['namespaces', 'valid-after', 'valid-before']);

/** Of YYYYMMDDHHMMSSZ, which is what the server writes; NaN for what is not that, null for nothing. */
function timeIn(text: string | undefined): number | null {
  if (text === undefined) return null;
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === text ? NaN : Date.parse(iso);
}

/** In whole seconds, as `ssh-keygen -Y verify -Overify-time=` has it. */
function isValidAt({ validAfterMs, validBeforeMs }: AllowedSigner, atMs: number): boolean {
  const secondMs = Math.floor(atMs / 1_000) * 1_000;
  return secondMs >= (validAfterMs ?? -Infinity) && secondMs <= (validBeforeMs ?? Infinity);
}

/**
 * Whether an armored SSH signature (OpenSSH's PROTOCOL.sshsig) over a text is one of an allowed signer, as
 * `ssh-keygen -Y verify` finds it: on this machine, without asking anybody.
 *
 * @returns why it is not; null where it is
 */
export function problemOfSignature(
  text: string,
  armored: string,
  { identity, namespace, atMs }: Trusted,
  allowed: readonly AllowedSigner[],
): string | null {
  const signature = read(armored);
  if (signature === undefined) return 'that is no SSH signature';
  if (signature.namespace !== namespace) return 'it was signed for another purpose';
  if (!hashes.has(signature.hash)) return `it was hashed with ${signature.hash}`;
  const trusted = allowed.filter(
    ({ principals, namespaces, key }) =>
      principals.includes(identity) &&
      (namespaces === null || namespaces.includes(namespace)) &&
      key.equals(signature.key),
  );
  if (trusted.length === 0) return 'the key that signed it is not an allowed signer';
  if (atMs !== undefined && !trusted.some((signer) => isValidAt(signer, atMs)))
    return 'the key that signed it was not in use at that time';
  const digest = createHash(signature.hash).update(text).digest();
  const parts = [signature.namespace, '', signature.hash].map((part) => Buffer.from(part));
  const signed = Buffer.concat([Buffer.from(magic), ...[...parts, digest].map(wire)]);
  return isSignedBy(signature.key, signed, signature.bytes)
    ? null
    : 'the signature is not of this text: one of them was altered';
}

/** Whose signatures are taken, what for, and when it was made; periods of keys are not looked at without a time. */
type Trusted = { readonly identity: string; readonly namespace: string; readonly atMs?: number };

type Signature = {
  readonly key: Buffer;
  readonly namespace: string;
  readonly hash: string;
  readonly bytes: Buffer;
};

function read(armored: string): Signature | undefined {
  const found =
    /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/.exec(
      armored,
    );
  const blob = Buffer.from(found?.[1] ?? '', 'base64');
  if (blob.toString('latin1', 0, magic.length) !== magic) return undefined;
  const version = blob.length < magic.length + 4 ? 0 : blob.readUInt32BE(magic.length);
  const parts = stringsIn(blob.subarray(magic.length + 4));
  const [key, namespace, , hash, wrapped] = parts ?? [];
  if (version !== 1 || parts?.length !== 5 || !key || !namespace || !hash || !wrapped)
    return undefined;
  const [type, bytes] = stringsIn(wrapped) ?? [];
  if (type?.toString() !== keyType || bytes === undefined) return undefined;
  return { key, namespace: namespace.toString(), hash: hash.toString(), bytes };
}

function isSignedBy(key: Buffer, signed: Buffer, signature: Buffer): boolean {
  const [type, point] = stringsIn(key) ?? [];
  if (type?.toString() !== keyType || point === undefined) return false;
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
    return verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature);
  } catch {
    return false;
  }
}

/** The strings of RFC 4251 section 5 that bytes are made of; undefined where they are not. */
function stringsIn(bytes: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return found;
}

function wire(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

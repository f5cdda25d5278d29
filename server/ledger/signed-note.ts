import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';

/**
 * The signed note of C2SP (c2sp.org/signed-note): a text that ends with a newline, an empty line, and a line for each
 * signature: an em dash, the signer's name and, in base64, four bytes that tell its keys apart and the signature.
 * Here each is signed once, with Ed25519.
 */

export type NoteVerifier = {
  readonly name: string;
  /** 8 hex digits. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
};

export type ParsedNote = {
  /** What is signed, with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

export type NoteSignature = {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
};

const ed25519Type = 0x01;
const keyBytes = 32;
const keyIdBytes = 4;
const signatureBytes = 64;
const dash = '\u2014 ';
/** The DER of an Ed25519 public key (RFC 8410) but for its last 32 bytes. */
const derHead = Buffer.from('302a300506032b6570032100', 'hex');
const noteCharactersMax = 64 * 1024;

/** `<name>+<key id>+<base64 of the type and the key>`, as Go's `note` package writes and takes it. */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Buffer.of(ed25519Type), publicKey]);
  return `${name}+${keyIdOf(name, publicKey)}+${typed.toString('base64')}`;
}

function keyIdOf(name: string, publicKey: Uint8Array): string {
  const digest = hash(
    'sha256',
    Buffer.concat([Buffer.from(`${name}\n`, 'utf8'), Buffer.of(ed25519Type), publicKey]),
    'buffer',
  );
  return digest.subarray(0, keyIdBytes).toString('hex');
}

/** @returns null for what is not the key of an Ed25519 verifier, or has an id that is not its own */
export function parseVerifierKey(line: string): NoteVerifier | null {
  const [, name, keyId, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined) return null;
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 1 + keyBytes || typed[0] !== ed25519Type) return null;
  const raw = typed.subarray(1);
  if (keyIdOf(name, raw) !== keyId || typed.toString('base64') !== encoded) return null;
  return { name, keyId, publicKey: publicKeyOf(raw) };
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([derHead, raw]), format: 'der', type: 'spki' });
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(-keyBytes);
}

/** @param text ends with a newline */
export function signedNote(text: string, keyLine: string, signature: Uint8Array): string {
  const verifier = parseVerifierKey(keyLine);
  if (verifier === null) throw new TypeError('not the key of a verifier');
  const tagged = Buffer.concat([Buffer.from(verifier.keyId, 'hex'), signature]);
  return `${text}\n${dash}${verifier.name} ${tagged.toString('base64')}\n`;
}

/** @returns null for what is no signed note */
export function parseNote(note: string): ParsedNote | null {
  if (note.length > noteCharactersMax || !note.endsWith('\n')) return null;
  const end = note.lastIndexOf('\n\n');
  if (end <= 0) return null;
  const lines = note.slice(end + 2, -1).split('\n');
  const signatures = lines.map(parseSignature);
  if (signatures.some((each) => each === null)) return null;
  return { text: note.slice(0, end + 1), signatures: signatures.filter((each) => each !== null) };
}

function parseSignature(line: string): NoteSignature | null {
  const [, name, encoded] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
  if (name === undefined || encoded === undefined) return null;
  const tagged = Buffer.from(encoded, 'base64');
  if (tagged.length !== keyIdBytes + signatureBytes || tagged.toString('base64') !== encoded)
    return null;
  const keyId = tagged.subarray(0, keyIdBytes).toString('hex');
  return { name, keyId, signature: tagged.subarray(keyIdBytes) };
}

/** Whether one of the note's signatures is this key's, and good. */
export function isSignedBy({ text, signatures }: ParsedNote, verifier: NoteVerifier): boolean {
  const own = signatures.filter(
    ({ name, keyId }) => name === verifier.name && keyId === verifier.keyId,
  );
  return (
    own.length > 0 &&
    own.every(({ signature }) =>
      verify(null, Buffer.from(text, 'utf8'), verifier.publicKey, signature),
    )
  );
}

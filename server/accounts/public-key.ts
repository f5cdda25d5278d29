import { createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { Fault } from '../domain/faults.ts';
import { invalidKey, weakKey } from './key-faults.ts';
import { keyTypeOf, keyTypes, parseKeyBlob } from './key-blob.ts';
import type { PublicKey } from './key-blob.ts';
import { refusePrivateKey } from './private-key.ts';

export type CommentedKey = PublicKey & { readonly comment: string };

const textCharactersMax = 16_384;
export const commentCharactersMax = 200;

const rfc4716Begin = '---- BEGIN SSH2 PUBLIC KEY ----';
const rfc4716End = '---- END SSH2 PUBLIC KEY ----';

/**
 * A public key as people have it: an OpenSSH line, RFC 4716 (PuTTYgen, Tectia, z/OS) or PEM (SPKI or PKCS#1).
 *
 * @throws Fault `key-private`, `key-weak`, or `field-invalid` with pointer `/publicKey`
 */
export function parsePublicKey(text: string): CommentedKey {
  if (typeof text !== 'string') throw invalidKey('the public key must be text');
  if (text.length > textCharactersMax) throw invalidKey('the text is too long for a public key');
  refusePrivateKey(text);
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim());
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  const first = lines[0];
  if (first === undefined) throw invalidKey('the public key is empty');
  if (first === rfc4716Begin) return parseRfc4716(lines);
  if (first.startsWith('-----BEGIN ')) return { ...parsePem(lines), comment: '' };
  if (lines.length > 1) throw invalidKey('send one key, and an OpenSSH key as one line');
  return parseOpenSsh(first);
}

/** `type base64 comment`, as in `authorized_keys` (sshd(8)). */
function parseOpenSsh(line: string): CommentedKey {
  const [, name, encoded, comment = ''] = /^(\S+)(?:[ \t]+(\S+))?(?:[ \t]+(.*))?$/.exec(line) ?? [];
  if (name === undefined) throw unrecognised();
  if (encoded === undefined || !/^[a-z][a-z0-9.@-]*$/.test(name)) throw explainLine(line);
  const type = keyTypeOfLine(name, line);
  const key = parseKeyBlob(decodeBase64(encoded));
  if (key.type !== type) throw invalidKey(`the line says ${type} but the key in it is ${key.type}`);
  return { ...key, comment: cleanComment(comment) };
}

function keyTypeOfLine(name: string, line: string): string {
  try {
    return keyTypeOf(name);
  } catch (error) {
    // `no-pty ssh-ed25519 AAAA...`: an option without a value looks like a type.
    throw keyTypes.some((type) => line.includes(` ${type} `)) ? explainLine(line) : error;
  }
}

function explainLine(line: string): Fault {
  if (keyTypes.some((type) => line.includes(` ${type} `))) {
    return invalidKey(
      'options before the key (such as command= or from=) are not accepted; send the key alone',
    );
  }
  if (/^\d{3,5}[ \t]+\d+[ \t]+\d+/.test(line)) {
    return weakKey('SSH version 1 keys are too weak; make a new key');
  }
  return unrecognised();
}

/** RFC 4716 section 3. */
function parseRfc4716(lines: readonly string[]): CommentedKey {
  if (lines.at(-1) !== rfc4716End)
    throw invalidKey(`the key must end with the line "${rfc4716End}" and nothing after it`);
  const inner = lines.slice(1, -1);
  let comment = '';
  let index = 0;
  while (inner[index]?.includes(':') === true) {
    let header = inner[index]!;
    index += 1;
    while (header.endsWith('\\')) {
      const continued = inner[index];
      if (continued === undefined) throw invalidKey('a header of the key goes on past its end');
      header = header.slice(0, -1) + continued;
      index += 1;
    }
    const colon = header.indexOf(':');
    const tag = header.slice(0, colon);
    const value = header.slice(colon + 1).trim();
    // RFC 4716 section 3.3: tags of 64 bytes, values of 1024.
    if (!/^[\x21-\x7e]{1,64}$/.test(tag) || Buffer.byteLength(value) > 1024) {
      throw invalidKey('a header of the key has the wrong form');
    }
    if (tag.toLowerCase() === 'comment') comment = value.replace(/^"(.*)"$/, '$1');
  }
  const key = parseKeyBlob(decodeBase64(inner.slice(index).join('')));
  return { ...key, comment: cleanComment(comment) };
}

/** RFC 7468. What the DER holds is written anew as an SSH blob, which then passes the one strict parser. */
function parsePem(lines: readonly string[]): PublicKey {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----$/.exec(lines[0]!)?.[1];
  if (label === 'CERTIFICATE')
    throw invalidKey('that is an X.509 certificate; send the plain public key');
  if (label?.startsWith('PGP ') === true)
    throw invalidKey('that is an OpenPGP key; send an SSH public key');
  if (label !== 'PUBLIC KEY' && label !== 'RSA PUBLIC KEY') throw unrecognised();
  if (lines.at(-1) !== `-----END ${label}-----`) {
    throw invalidKey(
      `the key must end with the line "-----END ${label}-----" and nothing after it`,
    );
  }
  const der = decodeBase64(lines.slice(1, -1).join(''));
  return parseKeyBlob(blobOf(keyObjectOf(der, label === 'PUBLIC KEY' ? 'spki' : 'pkcs1')));
}

function keyObjectOf(der: Buffer, type: 'spki' | 'pkcs1'): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type });
  } catch (error) {
    throw invalidKey('the public key is damaged or of a kind that is not accepted', error);
  }
  if (key.asymmetricKeyType === 'dsa') keyTypeOf('ssh-dss');
  if (!['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType!)) {
    throw invalidKey(`the key type must be one of ${keyTypes.join(', ')}`);
  }
  // OpenSSL reads more forms than it writes, and ignores bytes after the end.
  if (!key.export({ format: 'der', type }).equals(der)) {
    throw invalidKey('the public key is damaged: it is not in its canonical form');
  }
  return key;
}

function blobOf(key: KeyObject): Buffer {
  const { kty, crv = '', e, n, x, y } = exportJwk(key);
  if (kty === 'RSA') return wire('ssh-rsa', mpint(bytesOf(e)), mpint(bytesOf(n)));
  if (kty === 'OKP') return wire('ssh-ed25519', bytesOf(x));
  const curve = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }[crv];
  if (curve === undefined) throw invalidKey('the curve must be P-256, P-384 or P-521');
  return wire(`ecdsa-sha2-${curve}`, curve, Buffer.concat([Buffer.of(4), bytesOf(x), bytesOf(y)]));
}

function bytesOf(base64url = ''): Buffer {
  return Buffer.from(base64url, 'base64url');
}

function exportJwk(key: KeyObject): JsonWebKey {
  try {
    return key.export({ format: 'jwk' });
  } catch (error) {
    throw invalidKey('the curve must be P-256, P-384 or P-521', error);
  }
}

function wire(...fields: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat(
    fields.flatMap((field) => {
      const bytes = Buffer.from(field);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

function mpint(magnitude: Buffer): Buffer {
  return magnitude[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude;
}

/** Strict base64: padded, no other character, no stray bits at the end. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (text === '' || bytes.toString('base64') !== text)
    throw invalidKey('the public key is damaged: it is not base64');
  return bytes;
}

/** A comment only becomes a label: what cannot be shown is left out. */
function cleanComment(comment: string): string {
  const shown = comment.normalize('NFC').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '');
  return Array.from(shown).slice(0, commentCharactersMax).join('').trim();
}

function unrecognised(): Fault {
  return invalidKey(
    'send a public key as an OpenSSH line, in RFC 4716 form (BEGIN SSH2 PUBLIC KEY) or in PEM form (BEGIN PUBLIC KEY)',
  );
}

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomFillSync,
  timingSafeEqual,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Fault } from '../domain/faults.ts';

// docs/BLOCK-FORMAT.md is the description of everything in this file.

export const formatVersion = 1;
export const headerBytes = 32;
/** Plaintext of a block. */
export const blockBytes = 65_536;
export const nonceBytes = 12;
export const tagBytes = 16;
/** What a block takes on disk over its plaintext. */
export const sealBytes = nonceBytes + tagBytes;
export const sealedBlockBytes = blockBytes + sealBytes;
/** Blocks that are read or written together: about 1 MiB. */
export const blocksPerBatch = 16;

const magic = Buffer.from('WAYBILL\n', 'latin1');
const rootLabel = 'waybill blob root 1';
/** Set in the version word of the AAD of a block that still has holes; a finished file has none. */
const provisionalBit = 0x8000_0000;

/** How many blocks `size` bytes of plaintext have. */
export function blockCount(size: number): number {
  return Math.ceil(size / blockBytes);
}

/** Bytes of plaintext of one block of a file of `size` bytes; 0 or less past its end. */
export function blockLength(size: number, index: number): number {
  return Math.min(blockBytes, size - index * blockBytes);
}

/** Where a block starts in the file. */
export function blockPosition(index: number): number {
  return headerBytes + index * sealedBlockBytes;
}

/** Where the blocks of `size` bytes of plaintext end in the file, and a finished file's trailer starts. */
export function blocksEnd(size: number): number {
  return headerBytes + size + blockCount(size) * sealBytes;
}

/** Gives 12 bytes that were never given before and are never changed afterwards. */
export type NonceSource = () => Buffer;

const noncesPerFill = 341;
let nonces = Buffer.alloc(0);

/** Random nonces, drawn 4 KiB at a time; always into a new buffer, as the old one's may be on their way to disk. */
export function randomNonce(): Buffer {
  if (nonces.length === 0)
    nonces = randomFillSync(Buffer.allocUnsafeSlow(noncesPerFill * nonceBytes));
  const nonce = nonces.subarray(0, nonceBytes);
  nonces = nonces.subarray(nonceBytes);
  return nonce;
}

export type SealedBlock = {
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
};

/** Seals and opens the blocks of one blob. */
export class BlockCipher {
  readonly header: Buffer;
  readonly #key: KeyObject;
  readonly #takeNonce: NonceSource;
  /** Blob id, block index (u64), format version (u32). */
  readonly #associated = Buffer.alloc(28);

  constructor(blobId: string, dataKey: Uint8Array, takeNonce: NonceSource = randomNonce) {
    const id = Buffer.from(blobId, 'hex');
    if (id.length !== 16 || dataKey.length !== 32) throw new Fault('internal');
    this.#key = createSecretKey(dataKey);
    this.#takeNonce = takeNonce;
    id.copy(this.#associated);
    this.header = Buffer.alloc(headerBytes);
    magic.copy(this.header);
    this.header.writeUInt32BE(formatVersion, 8);
    this.header.writeUInt32BE(blockBytes, 12);
    id.copy(this.header, 16);
  }

  /** `provisional`: the block holds zeros that nobody wrote, so recovery must not count it. */
  seal(index: number, plain: Buffer, provisional = false): SealedBlock {
    const nonce = this.#takeNonce();
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes });
    cipher.setAAD(this.#associate(index, provisional));
    const ciphertext = cipher.update(plain);
    cipher.final();
    return { nonce, ciphertext, tag: cipher.getAuthTag() };
  }

  /**
   * The plaintext of one sealed block, in a buffer of its own.
   *
   * @throws Fault `content-corrupt`
   */
  unseal(index: number, sealed: Buffer, provisional = false): Buffer {
    const end = sealed.length - tagBytes;
    if (end <= nonceBytes) throw new Fault('content-corrupt');
    const nonce = sealed.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: tagBytes });
    decipher.setAAD(this.#associate(index, provisional));
    decipher.setAuthTag(sealed.subarray(end));
    const plain = decipher.update(sealed.subarray(nonceBytes, end));
    try {
      decipher.final();
    } catch (error) {
      throw new Fault('content-corrupt', undefined, { cause: error });
    }
    return plain;
  }

  /** Binds a finished file: its id, its plaintext size and, through `digests`, the tag of every block. */
  root(size: number, digests: Buffer): Buffer {
    const key = rootKeyOf(this.#key);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(size));
    return createHmac('sha256', key).update(this.header).update(length).update(digests).digest();
  }

  #associate(index: number, provisional: boolean): Buffer {
    this.#associated.writeUInt32BE(Math.floor(index / 0x1_0000_0000), 16);
    this.#associated.writeUInt32BE(index % 0x1_0000_0000, 20);
    this.#associated.writeUInt32BE(
      provisional ? formatVersion + provisionalBit : formatVersion,
      24,
    );
    return this.#associated;
  }
}

/**
 * HKDF-SHA-256 (RFC 5869) without a salt, to 32 bytes, which are one round of it. Node's own looks its algorithm up anew
 * each time, which takes twice as long.
 */
function rootKeyOf(key: KeyObject): Buffer {
  const extracted = createHmac('sha256', Buffer.alloc(32)).update(key.export()).digest();
  return createHmac('sha256', extracted).update(rootLabel).update(Buffer.of(1)).digest();
}

/** The tag at the end of a sealed block. */
export function tagOf(sealed: Buffer): Buffer {
  return sealed.subarray(sealed.length - tagBytes);
}

/** @throws Fault `content-corrupt` unless both are the same bytes */
export function requireSame(found: Uint8Array, expected: Uint8Array): void {
  if (found.length === expected.length && timingSafeEqual(found, expected)) return;
  throw new Fault('content-corrupt');
}

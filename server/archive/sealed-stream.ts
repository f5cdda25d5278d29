import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * A file of any size that is read in the clear by nobody without its key.
 *
 *     "WAYBSEAL" | version 1 (u8) | salt (32 bytes) | chunk | chunk | ... | last chunk
 *
 * A chunk is AES-256-GCM of 1 MiB (the last of 0 bytes up to that) with its tag behind it. Its key is HKDF-SHA256 of the
 * key that is given, the salt and what the file is for; its nonce is the chunk's number (u88, big-endian) and 1 for the
 * last chunk, 0 for the others. So chunks cannot be changed, reordered, left out, cut off at the end or taken for those of
 * something else.
 */
const magic = Buffer.from('WAYBSEAL\u0001', 'latin1');
const saltBytes = 32;
const headerBytes = magic.length + saltBytes;
const chunkBytes = 1024 * 1024;
const tagBytes = 16;

type Bytes = AsyncIterable<Uint8Array>;

/** What a sealed file is called in errors, and what for it is. */
export type Sealed = { readonly name: string; readonly purpose: string };

/** @param key 32 bytes */
export async function* sealStream(
  key: Uint8Array,
  { purpose }: Sealed,
  plain: Bytes,
): AsyncIterable<Buffer> {
  const salt = randomBytes(saltBytes);
  yield Buffer.concat([magic, salt]);
  const own = keyOf(key, purpose, salt);
  let index = 0;
  for await (const { piece, isLast } of inPieces(plain, chunkBytes)) {
    const cipher = createCipheriv('aes-256-gcm', own, nonceOf(index, isLast));
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
    index += 1;
  }
}

/** @throws Error where a byte of it is not what was sealed for this with this key */
export async function* unsealStream(
  key: Uint8Array,
  { name, purpose }: Sealed,
  sealed: Bytes,
): AsyncIterable<Buffer> {
  const { header, rest } = await splitHeader(sealed);
  if (header.length < headerBytes || !header.subarray(0, magic.length).equals(magic))
    throw new Error(`${name} is not a sealed file of Waybill`);
  const own = keyOf(key, purpose, header.subarray(magic.length));
  let index = 0;
  for await (const { piece, isLast } of inPieces(rest, chunkBytes + tagBytes)) {
    yield unsealChunk(own, name, piece, nonceOf(index, isLast));
    index += 1;
  }
}

function unsealChunk(key: Buffer, name: string, chunk: Buffer, nonce: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
    const end = chunk.length - tagBytes;
    decipher.setAuthTag(chunk.subarray(Math.max(0, end)));
    return Buffer.concat([decipher.update(chunk.subarray(0, Math.max(0, end))), decipher.final()]);
  } catch (cause) {
    throw new Error(`${name} is not what was sealed`, { cause });
  }
}

function keyOf(key: Uint8Array, purpose: string, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, purpose, 32));
}

function nonceOf(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(index, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

async function splitHeader(sealed: Bytes): Promise<{ header: Buffer; rest: Bytes }> {
  const iterator = sealed[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < headerBytes) {
    const next = await iterator.next();
    if (next.done === true) break;
    start = Buffer.concat([start, next.value]);
  }
  const rest = async function* (): AsyncIterable<Uint8Array> {
    yield start.subarray(headerBytes);
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  };
  return { header: start.subarray(0, headerBytes), rest: rest() };
}

/** Pieces of exactly so many bytes; one is given out only when it is known whether it is the last. */
async function* inPieces(
  source: Bytes,
  bytesEach: number,
): AsyncIterable<{ readonly piece: Buffer; readonly isLast: boolean }> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes <= bytesEach) continue;
    const all = Buffer.concat(held);
    let at = 0;
    for (; bytes - at > bytesEach; at += bytesEach)
      yield { piece: all.subarray(at, at + bytesEach), isLast: false };
    held = [all.subarray(at)];
    bytes -= at;
  }
  yield { piece: Buffer.concat(held), isLast: true };
}

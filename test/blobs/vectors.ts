import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContentWriter } from '../../server/blobs/content-writer.ts';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { block, blobPath, patterned, sha256 } from './fixtures.ts';

const blobId = '000102030405060708090a0b0c0d0e0f';
const dataKey = Buffer.from(Array.from({ length: 32 }, (_, at) => 0x80 + at));
const sizes = [0, 1, 300, block, block + 1, 3 * block + 5];
/** Files up to this size are in the vectors byte for byte. */
const fileBytesMax = 1024;

export type Vector = {
  readonly size: number;
  readonly plaintextSha256: string;
  readonly nonces: readonly string[];
  readonly fileBytes: number;
  readonly fileSha256: string;
  readonly file?: string;
  readonly root: string;
};

export type Vectors = {
  readonly about: string;
  readonly blobId: string;
  readonly dataKey: string;
  readonly plaintext: string;
  readonly vectors: readonly Vector[];
};

/** What docs/block-format-vectors.json holds. To write it anew: `node dist/test/blobs/vectors.js <file>`. */
export async function makeVectors(directory: string): Promise<Vectors> {
  const vectors: Vector[] = [];
  for (const size of sizes) vectors.push(await makeVector(join(directory, `${size}`), size));
  return {
    about:
      'Test vectors of docs/BLOCK-FORMAT.md, version 1. Keys, ids, nonces, roots and files are hex.',
    blobId,
    dataKey: dataKey.toString('hex'),
    plaintext: 'byte i is (7 * i + floor(i / 251)) mod 256',
    vectors,
  };
}

async function makeVector(directory: string, size: number): Promise<Vector> {
  const nonces: string[] = [];
  const takeNonce = (): Buffer => {
    const nonce = Buffer.alloc(12, 0xa0 + nonces.length);
    nonces.push(nonce.toString('hex'));
    return nonce;
  };
  const store = await openLocalDisk(directory);
  const blob = { blobId, dataKey, size: 0, root: null, sha256: null, content: null };
  const writer = await ContentWriter.create(store, blob, null, { takeNonce });
  await writer.write(0, patterned(size));
  const finished = await writer.finish();
  const file = fs.readFileSync(blobPath(directory, blobId));
  return {
    size,
    plaintextSha256: finished.sha256,
    nonces,
    fileBytes: file.length,
    fileSha256: sha256(file),
    ...(file.length <= fileBytesMax ? { file: file.toString('hex') } : {}),
    root: Buffer.from(finished.root).toString('hex'),
  };
}

const target = process.argv[2];
if (target !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = fs.mkdtempSync(join(tmpdir(), 'vectors-'));
  fs.writeFileSync(target, `${JSON.stringify(await makeVectors(directory), null, 2)}\n`);
  fs.rmSync(directory, { recursive: true });
}

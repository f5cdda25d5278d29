import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { seal, unseal } from '../../cli/backup/sealed.ts';

const key = randomBytes(32);
const chunkBytes = 1024 * 1024;

async function* pieces(bytes: Buffer, each: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += each) yield bytes.subarray(at, at + each);
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const sealed = (plain: Buffer, each = 70_000) => all(seal(key, 'part', pieces(plain, each)));
const opened = (bytes: Buffer, name = 'part', with_ = key) =>
  all(unseal(with_, name, pieces(bytes, 50_021)));

void t.test('what was sealed comes back, however it is cut on its way', async (t) => {
  for (const size of [
    0,
    1,
    chunkBytes - 1,
    chunkBytes,
    chunkBytes + 1,
    2 * chunkBytes,
    2_500_000,
  ]) {
    const plain = randomBytes(size);
    for (const each of [chunkBytes, 333_333, 4_000_000])
      t.ok((await opened(await sealed(plain, each))).equals(plain), `${size} bytes by ${each}`);
  }
});

void t.test('no byte of it can be changed, and nothing cut off, added or exchanged', async (t) => {
  const plain = randomBytes(chunkBytes * 2 + 1000);
  const bytes = await sealed(plain);
  const header = bytes.length - (plain.length + 3 * 16);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << bit;
      await t.rejects(opened(changed), Error, `bit ${bit} of byte ${at}`);
    }),
    { numRuns: 40 },
  );
  const sealedChunk = chunkBytes + 16;
  for (const [what, other] of [
    ['nothing', Buffer.alloc(0)],
    ['the header alone', bytes.subarray(0, header)],
    ['without its last byte', bytes.subarray(0, -1)],
    ['without its last chunk', bytes.subarray(0, header + 2 * sealedChunk)],
    ['with a byte more', Buffer.concat([bytes, Buffer.of(0)])],
    [
      'with two chunks exchanged',
      Buffer.concat([
        bytes.subarray(0, header),
        bytes.subarray(header + sealedChunk, header + 2 * sealedChunk),
        bytes.subarray(header, header + sealedChunk),
        bytes.subarray(header + 2 * sealedChunk),
      ]),
    ],
  ] as const)
    await t.rejects(opened(other), Error, what);
  await t.rejects(opened(bytes, 'another part'), /is not what was sealed/);
  await t.rejects(opened(bytes, 'part', randomBytes(32)), /is not what was sealed/);
});

import t from 'tap';
import type { Test } from 'tap';
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import {
  headerBytes,
  nonceBytes,
  sealBytes,
  sealedBlockBytes,
} from '../../server/blobs/block-cipher.ts';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import { connectLive, putFast, writeFrom } from './fixtures/live-client.ts';

const WRITE = 2;
const CREAT = 8;
const TRUNC = 16;
const canary = 'CANARY-7Qx2-SSN-123-45-6789-';
const canaryFile = (bytes: number, mark: string) =>
  Buffer.from(
    `${canary}${mark}`.repeat(Math.ceil(bytes / (canary.length + mark.length))).slice(0, bytes),
  );

t.setTimeout(180_000);

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Where the canary is, in any of the encodings it could have been left in. */
function canaryIn(directory: string): string[] {
  const needles = [
    Buffer.from(canary),
    Buffer.from(canary).subarray(0, 14),
    Buffer.from(canary, 'utf16le'),
    Buffer.from(Buffer.from(canary).toString('hex')),
    Buffer.from(Buffer.from(canary).toString('base64').slice(0, 24)),
  ];
  return filesBelow(directory)
    .filter((file) => {
      const bytes = readFileSync(file);
      return needles.some((needle) => bytes.includes(needle));
    })
    .map((file) => relative(directory, file));
}

function bytesBelow(directory: string): number {
  return filesBelow(directory).reduce((sum, file) => sum + statSync(file).size, 0);
}

t.test(
  'what is uploaded is nowhere on the disk in the clear, while the server runs and after',
  async (t) => {
    const { server, dora, amy } = await startExchange(t);
    const first = await connectLive(server, amy);
    await putFast(first.sftp, '/outgoing/tiny', canaryFile(40, 'tiny'));
    await putFast(first.sftp, '/outgoing/plain', canaryFile(1_000_000, 'plain'));
    await putFast(first.sftp, '/outgoing/overwritten', canaryFile(300_000, 'old'));
    await putFast(first.sftp, '/outgoing/overwritten', canaryFile(200_000, 'new'));
    const patched = await first.sftp.open('/outgoing/plain', WRITE);
    await writeFrom(first.sftp, patched, canaryFile(170_000, 'patch'), 100_000);
    await first.sftp.close(patched);
    await putFast(first.sftp, '/outgoing/removed', canaryFile(100_000, 'removed'));
    await first.sftp.remove('/outgoing/removed');
    const resumed = canaryFile(2_000_000, 'resumed');
    for (const name of ['resumed', 'partial']) {
      const handle = await first.sftp.open(`/outgoing/${name}`, WRITE | CREAT | TRUNC);
      await writeFrom(first.sftp, handle, resumed.subarray(0, 1_500_000), 0);
    }
    t.same(canaryIn(server.directory), [], 'while handles are open');
    first.destroy();
    const second = await connectLive(server, amy);
    const handle = await second.sftp.open('/outgoing/resumed', WRITE | CREAT);
    const { size } = await second.sftp.fstat(handle);
    await writeFrom(second.sftp, handle, resumed, size);
    await second.sftp.close(handle);
    const state = await connectLive(server, dora);
    t.ok((await state.sftp.get('/agencies/alameda/outgoing/resumed')).equals(resumed));
    t.same(canaryIn(server.directory), [], 'while it runs');
    await second.end();
    await state.end();
    await server.stop('SIGKILL');
    t.same(canaryIn(server.directory), [], 'after a kill');
    await server.start();
    await server.stop();
    t.same(canaryIn(server.directory), [], 'after an orderly stop');
    t.comment(
      `${filesBelow(server.directory).length} files, ${bytesBelow(server.directory)} bytes searched`,
    );
    t.ok(
      bytesBelow(join(server.dataDirectory, 'blobs')) > 4_000_000,
      'the bytes are there, sealed',
    );
  },
);

type Region = { readonly name: string; readonly at: number };

/** One byte of each kind of thing that a blob file holds, first and last blocks and the trailer included. */
function regionsOf(fileBytes: number, size: number): Region[] {
  const blocks = Math.ceil(size / 65_536);
  const blocksEnd = headerBytes + size + blocks * sealBytes;
  const regions: Region[] = [
    { name: 'magic', at: 0 },
    { name: 'format version', at: 8 },
    { name: 'header', at: headerBytes - 1 },
  ];
  for (const index of new Set([0, Math.floor(blocks / 2), blocks - 1])) {
    const start = headerBytes + index * sealedBlockBytes;
    const end = Math.min(start + sealedBlockBytes, blocksEnd);
    regions.push(
      { name: `nonce of block ${index}`, at: start + 3 },
      { name: `first byte of block ${index}`, at: start + nonceBytes },
      { name: `last byte of block ${index}`, at: end - 17 },
      { name: `tag of block ${index}`, at: end - 1 },
    );
  }
  regions.push({ name: 'trailer', at: blocksEnd }, { name: 'end', at: fileBytes - 1 });
  return regions.filter(({ at }) => at < fileBytes);
}

function flip(file: string, at: number): void {
  const descriptor = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, at);
  byte[0]! ^= 0x10;
  writeSync(descriptor, byte, 0, 1, at);
  closeSync(descriptor);
}

/** What a download over the API gives: the bytes that came before it failed, if it did. */
async function download(
  server: LiveServer,
  id: string,
): Promise<{ readonly whole: boolean; readonly bytes: Buffer }> {
  const parts: Uint8Array[] = [];
  try {
    const authorization = `Bearer ${readFileSync(join(server.dataDirectory, 'initial-admin-key'), 'utf8').trim()}`;
    const answer = await fetch(`http://127.0.0.1:${server.adminPort}/v1/files/${id}/content`, {
      headers: { authorization },
    });
    if (!answer.ok) return { whole: false, bytes: Buffer.alloc(0) };
    for await (const part of answer.body!) parts.push(part as Uint8Array);
    return { whole: true, bytes: Buffer.concat(parts) };
  } catch {
    return { whole: false, bytes: Buffer.concat(parts) };
  }
}

async function flipEverywhere(
  t: Test,
  server: LiveServer,
  dora: Parameters<typeof connectLive>[1],
  name: string,
  content: Buffer,
): Promise<number> {
  const [file] = (
    await server.all<{ id: string; name: string }>('/v1/files?agency=alameda&path=/outgoing')
  ).filter((one) => one.name === name);
  const blobs = filesBelow(join(server.dataDirectory, 'blobs'));
  const blob = blobs.find((path) => Math.abs(statSync(path).size - content.length) < 2_000)!;
  const state = await connectLive(server, dora);
  const regions = regionsOf(statSync(blob).size, content.length);
  for (const { name: region, at } of regions) {
    flip(blob, at);
    const error = await state.sftp
      .get(`/agencies/alameda/outgoing/${name}`)
      .catch((thrown: unknown) => thrown);
    t.match(error, { code: 4, message: /integrity/ }, `${name}, ${region}: SFTP`);
    const { whole, bytes } = await download(server, file!.id);
    t.ok(
      !whole && content.subarray(0, bytes.length).equals(bytes),
      `${name}, ${region}: API (${bytes.length} bytes first)`,
    );
    flip(blob, at);
  }
  t.ok(
    (await state.sftp.get(`/agencies/alameda/outgoing/${name}`)).equals(content),
    'mended, it reads again',
  );
  t.ok((await download(server, file!.id)).bytes.equals(content));
  await state.end();
  return regions.length;
}

t.test('one flipped byte anywhere in a blob is an error to every reader, never data', async (t) => {
  const { server, dora, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  let flips = 0;
  // Smaller ones are in the database: test/blobs/inline-content.test.ts flips every byte of one.
  for (const bytes of [40_000, 70_000, 2_500_000]) {
    const content = canaryFile(bytes, String(bytes));
    await putFast(client.sftp, `/outgoing/f${bytes}`, content);
    flips += await flipEverywhere(t, server, dora, `f${bytes}`, content);
  }
  t.comment(`${flips} bytes flipped, each read over SFTP and over the API`);
  await client.end();
  t.match(await server.admin.get('/v1/audit/verification'), { ok: true });
});

import t from 'tap';
import { createHash, randomBytes } from 'node:crypto';
import { connectLive, writeFrom, type LiveClient } from '../fault/fixtures/live-client.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { workerPids } from './fixtures.ts';

// What makes transfers fast (bytes that are copied once or never, hashing in another thread, blocks read ahead, small
// files in the database, replies that share packets) must not change a byte. Every order of writing and reading, at
// every size where one way ends and another begins, through worker processes and the real cipher.

const block = 65_536;
const mebibyte = 1024 * 1024;
const sizes = [0, 1, block - 1, block, block + 1, 16 * block, 16 * block + 1, 10 * mebibyte + 7];

type Piece = readonly [offset: number, end: number];
type Order = (size: number) => Piece[];

function cut(size: number, pieceBytes: number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < size; at += pieceBytes) pieces.push([at, Math.min(size, at + pieceBytes)]);
  return pieces;
}

/** The same order in each run. */
function shuffled(pieces: readonly Piece[], seed: number): Piece[] {
  const rank = ([offset]: Piece) =>
    createHash('sha256').update(`${seed} ${offset}`).digest().readUInt32BE(0);
  return pieces.toSorted((a, b) => rank(a) - rank(b));
}

const orders: Readonly<Record<string, Order>> = {
  sequential: (size) => cut(size, 32_768),
  'in pieces that fit no block': (size) => cut(size, 31_337),
  reversed: (size) => cut(size, 32_768).toReversed(),
  overlapping: (size) =>
    cut(size, 32_768).map(([offset, end]) => [Math.max(0, offset - 5_000), end]),
  random: (size) => shuffled(cut(size, 32_768), size),
};

const inFlightMax = 32;

async function writePieces(
  { sftp }: LiveClient,
  path: string,
  content: Buffer,
  pieces: readonly Piece[],
): Promise<void> {
  const handle = await sftp.open(path, 0x1a);
  const going: Promise<void>[] = [];
  for (const [offset, end] of pieces) {
    going.push(sftp.write(handle, offset, content.subarray(offset, end)));
    if (going.length >= inFlightMax) await going.shift();
  }
  await Promise.all(going);
  await sftp.close(handle);
}

/** Reads the pieces, many at once, and puts them together. */
async function readPieces(
  { sftp }: LiveClient,
  path: string,
  size: number,
  pieces: readonly Piece[],
): Promise<Buffer> {
  const handle = await sftp.open(path, 1);
  const whole = Buffer.alloc(size);
  const readOne = async ([offset, end]: Piece) => {
    const data = await sftp.read(handle, offset, end - offset);
    if (data?.length !== end - offset)
      throw new Error(`READ ${offset} to ${end} gave ${data?.length ?? 'end of file'}`);
    data.copy(whole, offset);
  };
  for (let first = 0; first < pieces.length; first += inFlightMax)
    await Promise.all(pieces.slice(first, first + inFlightMax).map(readOne));
  await sftp.close(handle);
  return whole;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

t.setTimeout(300_000);
t.test('every order at every size', { timeout: 300_000 }, async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  const recorded = async (path: string) =>
    (
      await server.all<{ path: string; sha256: string; size: number }>(
        '/v1/files?agency=alameda&path=/outgoing',
      )
    ).find((file) => file.path === path);
  for (const [name, order] of Object.entries(orders)) {
    for (const size of sizes) {
      const path = `/outgoing/${name.replaceAll(' ', '-')}-${size}`;
      const content = randomBytes(size);
      await writePieces(client, path, content, order(size));
      const read = await readPieces(client, path, size, order(size));
      t.ok(read.equals(content), `${name}, ${size} bytes`);
      t.match(await recorded(path), { sha256: sha256(content), size });
    }
  }
  await client.end();
});

t.test('reads that cross every boundary', { timeout: 120_000 }, async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  const size = 2 * 16 * block + 100;
  const content = randomBytes(size);
  const path = '/outgoing/boundaries';
  await writePieces(client, path, content, orders['sequential']!(size));
  const handle = await client.sftp.open(path, 1);
  for (let edge = block; edge < size; edge += block) {
    for (const [before, length] of [
      [1, 2],
      [32_768, 65_536],
      [block + 1, 100_000],
    ] as const) {
      const offset = Math.max(0, edge - before);
      const wanted = content.subarray(offset, offset + length);
      const data = await client.sftp.read(handle, offset, length);
      if (data?.equals(wanted) !== true) t.fail(`READ ${length} at ${offset}`);
    }
  }
  t.equal(await client.sftp.read(handle, size, 1), null, 'and there is an end');
  const last = await client.sftp.read(handle, size - 1, 1000);
  t.same(last, content.subarray(size - 1), 'in front of which a READ is short');
  await client.sftp.close(handle);
  await client.end();
});

t.test('new keys in the middle, both ways', { timeout: 120_000 }, async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  const content = randomBytes(10 * mebibyte + 7);
  const path = '/outgoing/rekeyed';
  const handle = await client.sftp.open(path, 0x1a);
  for (let from = 0; from < content.length; from += 2 * mebibyte) {
    client.rekey();
    await writeFrom(client.sftp, handle, content.subarray(0, from + 2 * mebibyte), from);
  }
  await client.sftp.close(handle);
  const pieces = orders['sequential']!(content.length);
  const middle = Math.floor(pieces.length / 2);
  const reading = readPieces(client, path, content.length, pieces);
  setTimeout(() => client.rekey(), middle);
  t.ok((await reading).equals(content));
  await client.end();
});

// Bytes of length 0 did not cross the pipe between the processes, and the worker that sent them was ended as broken.
t.test('an upload that is cut off before its first byte costs no worker', async (t) => {
  const { server, amy } = await startExchange(t);
  const before = workerPids(server);
  for (const path of ['/outgoing/one', '/outgoing/two']) {
    const client = await connectLive(server, amy);
    await client.sftp.open(path, 0x1a);
    client.destroy();
  }
  const ended = async () =>
    (await server.all<{ state: string }>('/v1/transfers')).filter(
      ({ state }) => state === 'discarded',
    );
  for (let look = 0; look < 100 && (await ended()).length < 2; look += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal((await ended()).length, 2);
  t.same(workerPids(server), before);
});

import t from 'tap';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { ContentHash } from '../../server/blobs/content-hash.ts';
import { HashLane } from '../../server/blobs/hash-lane.ts';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { patterned } from './fixtures.ts';

const piece = 65_536;

/** In memory of their own, as blocks are. */
function piecesOf(content: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += piece) {
    const own = Buffer.allocUnsafeSlow(piece);
    pieces.push(own.subarray(0, content.copy(own, 0, at, at + piece)));
  }
  return pieces;
}

async function startLane(t: { teardown(end: () => Promise<void>): void }): Promise<HashLane> {
  const lane = new HashLane();
  t.teardown(() => lane.close());
  return lane;
}

t.test('the same hash with the other thread as without, whatever changes meanwhile', async (t) => {
  const lane = await startLane(t);
  const runs = fc.array(
    fc.record({ pieces: fc.integer({ min: 1, max: 16 }), anew: fc.boolean() }),
    {
      maxLength: 8,
    },
  );
  await fc.assert(
    fc.asyncProperty(runs, fc.integer(), async (given, seed) => {
      const hash = new ContentHash(() => lane);
      let taken = Buffer.alloc(0);
      for (const { pieces, anew } of given) {
        if (anew) {
          hash.changeFrom(0);
          taken = Buffer.alloc(0);
        }
        const content = patterned(pieces * piece, seed);
        const buffers = piecesOf(content);
        const returned = (await hash.take(taken.length, buffers)) ?? buffers;
        if (returned.length !== pieces)
          throw new Error(`${returned.length} of ${pieces} came back`);
        // From here on they may change.
        for (const buffer of returned) buffer.fill(0xee);
        taken = Buffer.concat([taken, content]);
        if (hash.position !== taken.length) throw new Error(`at ${hash.position}`);
      }
      const digest = await hash.digest();
      const expected = createHash('sha256').update(taken).digest('hex');
      if (digest !== expected) throw new Error(`${digest} for ${expected}`);
    }),
    { numRuns: 40 },
  );
});

t.test('two contents at once are kept apart', async (t) => {
  const lane = await startLane(t);
  const contents = [patterned(20 * piece, 1), patterned(20 * piece, 2)];
  const hashes = contents.map(() => new ContentHash(() => lane));
  for (const from of [0, 10 * piece]) {
    await Promise.all(
      hashes.map(async (hash, index) =>
        hash.take(from, piecesOf(contents[index]!.subarray(from, from + 10 * piece))),
      ),
    );
  }
  t.same(
    await Promise.all(hashes.map((hash) => hash.digest())),
    contents.map((content) => createHash('sha256').update(content).digest('hex')),
  );
});

t.test('a thread that dies takes its hashes with it, and nothing else', async (t) => {
  const lane = await startLane(t);
  const content = patterned(16 * piece);
  const hash = new ContentHash(() => (lane.isGone ? null : lane));
  await hash.take(0, piecesOf(content));
  t.equal(hash.position, content.length);
  await lane.close();
  t.equal(await hash.digest(), null, 'it says so');
  t.equal(hash.position, 0, 'and wants everything again');
  t.equal(hash.take(0, [content]), undefined, 'which this thread does');
  t.equal(await hash.digest(), createHash('sha256').update(content).digest('hex'));
  const cut = new ContentHash(() => lane);
  await cut.take(0, piecesOf(content));
  t.equal(cut.position, 0, 'also where it was to begin there');
});

// Under Node's permission model a thread with options of its own has none of the limits (tried on 20.20: `execArgv: []`).
t.test('with its one thread started a process can start no other', async (t) => {
  const model = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const build = realpathSync(resolve(import.meta.dirname, '../..'));
  const script = `
    const { startHashLane } = await import(${JSON.stringify(`file://${join(build, 'server/blobs/hash-lane.js')}`)});
    const before = typeof (await import('node:worker_threads')).Worker;
    const lane = startHashLane();
    const hash = lane.open();
    await hash.update([{ bytes: new ArrayBuffer(3), length: 3 }]);
    const digest = await hash.digest();
    const { createRequire } = await import('node:module');
    const after = [
      typeof (await import('node:worker_threads')).Worker,
      typeof createRequire('/x.js')('worker_threads').Worker,
      typeof process.getBuiltinModule?.('worker_threads').Worker,
    ];
    console.log(JSON.stringify({ before, after, digest }));
    process.exit();
  `;
  const directory = realpathSync(t.testdir({ 'script.mjs': script }));
  const { stdout } = await promisify(execFile)(plainNode, [
    ...plainNodeArguments,
    model,
    '--allow-worker',
    ...[build, join(build, '../package.json'), directory].map((path) => `--allow-fs-read=${path}`),
    join(directory, 'script.mjs'),
  ]);
  t.same(JSON.parse(stdout), {
    before: 'function',
    after: ['undefined', 'undefined', 'undefined'],
    digest: createHash('sha256').update(Buffer.alloc(3)).digest('hex'),
  });
});

import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { waybill } from '../cli/fixtures/run.ts';
import { connectLive, putFast } from '../fault/fixtures/live-client.ts';
import type { LiveClient } from '../fault/fixtures/live-client.ts';
import { LiveServer, freePort, startExchange } from '../fixtures/live-server.ts';

t.setTimeout(300_000);

const clients = 8;
/** In the database, a file of one block, of several. */
const sizes = [500, 40_000, 300_000];

type Entry = {
  readonly id: string;
  readonly path: string;
  readonly kind: string;
  readonly sha256: string;
};

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What was acknowledged, by all clients. */
class Book {
  /** SHA-256 of files that nobody touches again. */
  readonly kept = new Map<string, string>();
  /** SHA-256 of everything that a name ever held. */
  readonly held = new Map<string, Set<string>>();
  isOver = false;

  hold(path: string, hash: string): void {
    this.held.set(path, (this.held.get(path) ?? new Set()).add(hash));
  }
}

/** Sends files, and replaces and removes some of them, until the book is closed. */
async function work({ sftp }: LiveClient, book: Book, who: number): Promise<void> {
  for (let round = 0; !book.isOver; round += 1) {
    const content = randomBytes(sizes[round % sizes.length]! + round);
    const kept = `/outgoing/kept-${who}-${round}.bin`;
    book.hold(kept, sha256(content));
    await putFast(sftp, kept, content);
    book.kept.set(kept, sha256(content));

    const changing = `/outgoing/changing-${who}-${round % 4}.bin`;
    const other = randomBytes(50_000 + round);
    book.hold(changing, sha256(other));
    await putFast(sftp, changing, other);
    if (round % 3 === 2) await sftp.remove(changing);
  }
}

/** A server on what a restore made, with the API key of the first. */
async function startRestored(t: Test, from: LiveServer, directory: string): Promise<LiveServer> {
  const server = new LiveServer(directory, [await freePort(), await freePort()]);
  copyFileSync(
    join(from.dataDirectory, 'initial-admin-key'),
    join(server.dataDirectory, 'initial-admin-key'),
  );
  t.teardown(() => server.stop());
  await server.start();
  return server;
}

t.test('a backup taken while clients upload holds all that was acknowledged before', async (t) => {
  const { server, amy } = await startExchange(t);
  const env = {
    WAYBILL_DATA_DIR: server.dataDirectory,
    WAYBILL_KEYS_DIR: join(server.directory, 'keys'),
    WAYBILL_ADMIN_PORT: String(server.adminPort),
  };
  const nowMs = Date.now();
  const repository = join(server.directory, 'backups');
  const book = new Book();

  const cut = await connectLive(server, amy);
  const handle = await cut.sftp.open('/outgoing/never-finished.bin', 0x1a);
  await cut.sftp.write(handle, 0, randomBytes(32_768));
  await cut.sftp.write(handle, 32_768, randomBytes(32_768));
  await cut.sftp.write(handle, 65_536, randomBytes(32_768));
  cut.destroy();
  for (let tries = 0; tries < 200; tries += 1) {
    const [upload] = await server.all<{ state: string }>('/v1/transfers?direction=upload');
    if (upload?.state === 'partial') break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  const hands = await Promise.all(Array.from({ length: clients }, () => connectLive(server, amy)));
  const working = Promise.all(hands.map((client, who) => work(client, book, who)));
  while (book.kept.size < 40) await new Promise((resolve) => setTimeout(resolve, 20));
  const first = await waybill(['backup', '--to', repository, '--json'], { env, nowMs });
  t.equal(first.status, 0, first.err);
  while (book.kept.size < 120) await new Promise((resolve) => setTimeout(resolve, 20));
  const before = new Map(book.kept);
  const second = await waybill(['backup', '--to', repository, '--json'], { env, nowMs });
  t.equal(second.status, 0, second.err);
  const sentDuring = book.kept.size - before.size;
  book.isOver = true;
  await working;
  for (const client of hands) await client.end();
  t.comment(`${before.size} files before the backup, ${sentDuring} while it was taken`);
  const taken = JSON.parse(second.out) as {
    backup: string;
    files: { count: number };
    added: { count: number };
    blobs: { count: number };
  };
  t.ok(taken.files.count >= before.size);
  t.ok(taken.added.count < taken.blobs.count, 'what the first backup copied is not copied again');

  const rows = await server.all<{ event: string; outcome: string }>(
    '/v1/audit?event=backup.ended.1',
  );
  t.same(
    rows.map(({ outcome }) => outcome),
    ['success', 'success'],
  );

  const elsewhere = join(server.directory, 'elsewhere');
  const restored = await waybill(
    [
      'restore',
      '--from',
      repository,
      '--json',
      '--master-key',
      join(server.directory, 'keys/master.key'),
      '--data-dir',
      join(elsewhere, 'data'),
      '--keys-dir',
      join(elsewhere, 'keys'),
    ],
    { nowMs },
  );
  t.equal(restored.status, 0, restored.err);
  t.match(JSON.parse(restored.out), { backup: taken.backup, uploadsDiscarded: 1 });
  const copy = await startRestored(t, server, elsewhere);
  t.equal(
    readFileSync(join(elsewhere, 'keys/host_ed25519'), 'utf8'),
    readFileSync(join(server.directory, 'keys/host_ed25519'), 'utf8'),
    'clients meet the host key that they know',
  );

  const entries = await copy.all<Entry>('/v1/files?agency=alameda&path=/outgoing');
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const [path, hash] of before) {
    const entry = byPath.get(path);
    if (entry?.sha256 !== hash) t.fail(`${path} is not there as it was acknowledged`);
  }
  for (const { id, path, sha256: recorded } of entries) {
    const content = sha256(await copy.content(id));
    if (content !== recorded || book.held.get(path)?.has(content) !== true)
      t.fail(`${path} has bytes that nobody sent`);
  }
  t.ok(entries.length >= before.size, `${entries.length} files, each byte for byte`);

  const again = await connectLive(copy, amy);
  await t.rejects(again.sftp.stat('/outgoing/never-finished.bin'), { code: 2 });
  await again.sftp.put('/outgoing/after.bin', Buffer.from('it goes on'));
  await again.end();
  const verification = await copy.api<{ ok: boolean }>('GET', '/v1/audit/verification');
  t.equal(verification.ok, true, 'the ledger goes on from the restored one');
  t.match(await copy.all('/v1/audit?event=backup.restored.1'), [{ backup: taken.backup }]);
});

/** Every file of the newest backup, the blobs that it speaks for among them. The lock is empty, and no part of one. */
function filesOf(repository: string): string[] {
  return readdirSync(repository, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(repository, join(entry.parentPath, entry.name)))
    .filter((file) => file !== 'lock');
}

t.test('a backup with one byte changed, or a file missing, is refused and named', async (t) => {
  const { server, amy } = await startExchange(t);
  const client = await connectLive(server, amy);
  for (const size of sizes) await client.sftp.put(`/outgoing/${size}.bin`, randomBytes(size));
  await client.end();
  const keys = join(server.directory, 'keys');
  const env = { WAYBILL_DATA_DIR: server.dataDirectory, WAYBILL_KEYS_DIR: keys };
  const nowMs = Date.now();
  const repository = join(server.directory, 'backups');
  const taken = await waybill(['backup', '--to', repository], { env, nowMs });
  t.equal(taken.status, 0, taken.err);
  const files = filesOf(repository);
  t.equal(files.length, 4 + 2, 'manifest, three parts and two blobs');

  const bad = join(server.directory, 'bad');
  const target = join(server.directory, 'target');
  const restore = () =>
    waybill(
      [
        'restore',
        '--from',
        bad,
        '--master-key',
        join(keys, 'master.key'),
        '--data-dir',
        join(target, 'data'),
        '--keys-dir',
        join(target, 'keys'),
      ],
      { nowMs },
    );
  const refused = async (file: string, how: string) => {
    const run = await restore();
    t.equal(run.status, 1, `${how}: ${run.err}`);
    const named = file.endsWith('manifest.json') ? 'manifest' : file.split('/').at(-1)!;
    const isAbsent = how.startsWith('missing') && named === 'manifest';
    t.match(run.err, isAbsent ? 'there are no whole backups' : named, `${how} is named`);
    const data = join(target, 'data');
    t.same(existsSync(data) ? readdirSync(data) : [], [], 'and leaves nothing');
    const verified = await waybill(
      ['backup', 'verify', '--from', bad, '--master-key', join(keys, 'master.key')],
      { nowMs },
    );
    t.equal(verified.status, 1, `${how}: verify says so, too`);
  };
  for (const file of files) {
    const { size } = statSync(join(repository, file));
    for (const at of [0, Math.floor(Math.random() * size), size - 1]) {
      rmSync(bad, { recursive: true, force: true });
      rmSync(target, { recursive: true, force: true });
      cpSync(repository, bad, { recursive: true });
      const bytes = readFileSync(join(bad, file));
      bytes[at]! ^= 1 << Math.floor(Math.random() * 8);
      writeFileSync(join(bad, file), bytes);
      await refused(file, `byte ${at} of ${file}`);
    }
    for (const how of ['missing', 'cut', 'longer']) {
      rmSync(bad, { recursive: true, force: true });
      rmSync(target, { recursive: true, force: true });
      cpSync(repository, bad, { recursive: true });
      const bytes = readFileSync(join(bad, file));
      if (how === 'missing') rmSync(join(bad, file));
      else if (how === 'cut') writeFileSync(join(bad, file), bytes.subarray(0, -1));
      else writeFileSync(join(bad, file), Buffer.concat([bytes, Buffer.from('x')]));
      await refused(file, `${how} ${file}`);
    }
  }
});

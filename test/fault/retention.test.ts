import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { openLocalDisk } from '../../server/blobs/local-disk.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import {
  type Retained,
  createJob,
  dayMs,
  newestRun,
  olga,
  openRetained,
  pathsIn,
} from '../retention/fixtures/retained.ts';
import { FaultyFileSystem } from './fixtures/faulty-file-system.ts';
import { holdDatabase } from './fixtures/hold-database.ts';
import { PurgeAudit } from './fixtures/purge-audit.ts';

const PUT = 0x1a;
const [smallBytes, largeBytes] = [500, 40_000];
const minuteMs = 60_000;

t.setTimeout(180_000);

type Scene = {
  readonly retained: Retained;
  readonly directory: string;
  readonly jobId: string;
  /** Begins a run; how it comes out is another matter. @returns its id */
  start(): Promise<string>;
  /** What does not fit together of a run, at this moment. */
  problemsOf(runId: string): readonly string[];
};

/** Files in rows and in files of their own, and uploads that were broken off, all of them old enough to go. */
async function openScene(t: Test, faulty?: FaultyFileSystem): Promise<Scene> {
  const directory = t.testdir();
  const disk = faulty && (await openLocalDisk(join(directory, 'blobs'), faulty.fileSystem));
  const retained = await openRetained(t, {
    directory,
    ...(disk !== undefined && { store: () => disk }),
  });
  const { exchange, clock } = retained;
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  for (let index = 0; index < 3; index += 1) {
    await amy.put(`/outgoing/small-${index}`, randomBytes(smallBytes));
    await amy.put(`/outgoing/large-${index}`, randomBytes(largeBytes));
    clock.pass(1);
  }
  for (let index = 0; index < 2; index += 1) {
    const handle = await amy.open(`/outgoing/partial-${index}`, PUT);
    for (let at = 0; at < 90_000; at += 30_000) await amy.write(handle, at, randomBytes(30_000));
  }
  await amy.drop();
  clock.pass(31 * dayMs);
  const { id: jobId } = await createJob(retained, {
    enabled: false,
    targets: ['file', 'partial-upload'],
  });
  return {
    retained,
    directory,
    jobId,
    start: async () => {
      const { id } = await retained.retention.runs.start(olga, jobId, { dryRun: false });
      return id;
    },
    problemsOf: (runId) => {
      const audit = new PurgeAudit({ dataDirectory: directory }, runId);
      const problems = audit.problems();
      audit.close();
      return problems;
    },
  };
}

function blobFiles(directory: string): readonly string[] {
  const blobs = join(directory, 'blobs');
  return readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)));
}

/** Has the database refuse some statements, as long as it is not mended. */
function breakDatabase(directory: string, when: string): () => void {
  const database = new BetterSqlite3(join(directory, databaseFileName), { timeout: 5_000 });
  database.exec(
    `CREATE TRIGGER broken BEFORE ${when} BEGIN SELECT RAISE(ABORT, 'broken by the test'); END`,
  );
  return () => {
    database.exec('DROP TRIGGER broken');
    database.close();
  };
}

/** Nothing is left, and all of it is told of once. */
async function checkAllGone(t: Test, { retained, directory }: Scene): Promise<void> {
  const { exchange } = retained;
  t.same(await pathsIn(retained, 'alameda'), []);
  const { uploads, certificates } = await exchange.database.read(async ({ query }) => ({
    uploads: await query.selectFrom('uploads').select('id').execute(),
    certificates: await query.selectFrom('certificates').select('target_id').execute(),
  }));
  t.same(uploads, []);
  t.equal(certificates.length, 8);
  t.match(await verifyLedger(exchange.database), { ok: true });
  // What could not be unlinked is tried again by itself.
  for (let look = 0; look < 500 && blobFiles(directory).length > 0; look += 1) await sleep(20);
  t.same(blobFiles(directory), []);
}

for (const errno of ['EIO', 'EROFS', 'EMFILE'] as const)
  t.test(`the Nth call of the blobs' file system fails during a purge: ${errno}`, async (t) => {
    let failed = 0;
    for (let nth = 1; ; nth += 1) {
      const faulty = new FaultyFileSystem();
      const scene = await openScene(t, faulty);
      const { retained, jobId, directory } = scene;
      faulty.failAt(nth, errno);
      const id = await scene.start();
      await retained.retention.idle();
      // Bytes go beside the run.
      const { faults } = retained.exchange;
      for (let look = 0; look < 20 && blobFiles(directory).length > 0; look += 1) await sleep(5);
      const call = faulty.failed;
      for (let look = call === null ? 200 : 0; look < 200 && faults.length === 0; look += 1)
        await sleep(5);
      faulty.lift();
      // The keys were gone before: to the run it is all the same.
      t.match(await newestRun(retained, jobId), { state: 'done', purged: { files: 8 }, failed: 0 });
      t.same(scene.problemsOf(id), []);
      if (call !== null) t.match(faults, [{ code: 'storage-failed' }], call);
      await checkAllGone(t, scene);
      await retained.exchange.close();
      if (call === null) break;
      failed += 1;
    }
    t.ok(failed >= 5, `${failed} calls failed, one by one`);
  });

const refused = [
  { what: 'certificates', when: 'INSERT ON certificates' },
  { what: 'rows of the ledger', when: `INSERT ON ledger WHEN NEW.event LIKE '%.purged.1'` },
  { what: 'the end of a key', when: 'UPDATE ON blobs' },
  { what: 'that a name goes', when: 'DELETE ON entries' },
  { what: 'that an upload goes', when: 'DELETE ON uploads' },
];

for (const { what, when } of refused)
  t.test(`the database refuses ${what}: the run says so, and the next one completes`, async (t) => {
    const scene = await openScene(t);
    const { retained, jobId, directory } = scene;
    const mend = breakDatabase(directory, when);
    const id = await scene.start();
    await retained.retention.idle();
    t.same(scene.problemsOf(id), [], 'each is wholly there or wholly gone');
    const run = await newestRun(retained, jobId);
    t.match(run, { state: 'failed', error: /could not be purged; the first: internal error$/ });
    t.ok(run.failed > 0);
    t.equal(run.purged.files + run.failed, 8);
    const { items } = await retained.retention.runs.items(id, { limit: 10, state: 'failed' });
    t.equal(items.length, run.failed);
    for (const { reason } of items) t.equal(reason, 'internal error');
    t.ok(retained.faults.length > 0, 'the log has what it was');
    mend();
    // Ids are in the order of time.
    retained.clock.pass(1);
    const next = await scene.start();
    await retained.retention.idle();
    const rest = await newestRun(retained, jobId);
    t.match(rest, { state: 'done', planned: { files: run.failed }, purged: { files: run.failed } });
    t.same(scene.problemsOf(next), []);
    await checkAllGone(t, scene);
  });

const refusedOfRun = [
  { what: 'what became of a thing', when: 'UPDATE ON retention_items' },
  { what: 'what a run has done', when: 'UPDATE OF next_ordinal ON retention_runs' },
];

for (const { what, when } of refusedOfRun)
  t.test(`the database does not take ${what}: nothing goes until it does`, async (t) => {
    const scene = await openScene(t);
    const { retained, jobId, directory } = scene;
    const mend = breakDatabase(directory, when);
    const id = await scene.start();
    await retained.retention.idle();
    t.same(scene.problemsOf(id), []);
    t.match(await newestRun(retained, jobId), { state: 'running', purged: { files: 0 } });
    t.equal((await pathsIn(retained, 'alameda')).length, 6);
    mend();
    retained.clock.pass(minuteMs);
    await retained.tick();
    t.match(await newestRun(retained, jobId), { id, state: 'done', purged: { files: 8 } });
    t.same(scene.problemsOf(id), []);
    await checkAllGone(t, scene);
  });

t.test('another process holds the database during a purge: it waits for it', async (t) => {
  const scene = await openScene(t);
  const { retained, jobId, directory } = scene;
  let letGo: (() => Promise<void>) | undefined;
  // After the plan, and before anything has gone.
  retained.restart({
    rest: async () => {
      const { state } = await newestRun(retained, jobId);
      if (state === 'running') letGo ??= await holdDatabase(directory);
    },
  });
  const id = await scene.start();
  await retained.retention.idle();
  t.match(await newestRun(retained, jobId), { state: 'running', purged: { files: 0 }, failed: 0 });
  retained.clock.pass(minuteMs);
  await retained.tick().catch(() => undefined);
  t.match(await newestRun(retained, jobId), { state: 'running', purged: { files: 0 }, failed: 0 });
  t.equal((await pathsIn(retained, 'alameda')).length, 6);
  await letGo!();
  t.same(scene.problemsOf(id), []);
  retained.clock.pass(minuteMs);
  await retained.tick();
  t.match(await newestRun(retained, jobId), { id, state: 'done', purged: { files: 8 }, failed: 0 });
  t.same(scene.problemsOf(id), []);
  await checkAllGone(t, scene);
});

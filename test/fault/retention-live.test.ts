import t from 'tap';
import type { Test } from 'tap';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { truncateSync } from 'node:fs';
import { reserveFileName } from '../../server/database/reserve.ts';
import type { RunState } from '../../server/domain/retention.ts';
import { freePort, LiveServer, startLiveServer, type LiveUser } from '../fixtures/live-server.ts';
import { Auditor } from './fixtures/after-kill.ts';
import { runDoctor } from './fixtures/doctor.ts';
import { holdDatabase } from './fixtures/hold-database.ts';
import { makeOld, sendFiles } from './fixtures/old-files.ts';
import { PurgeAudit } from './fixtures/purge-audit.ts';
import { seededRandom, type Random } from './fixtures/random.ts';
import { mountSmallDisk } from './fixtures/small-disk.ts';
import { failAt, needsStrace, pointsOf } from './fixtures/system-calls.ts';

const every = process.env['EVERY'] === '1';
/** Calls that fail, one in each run; `EVERY=1` takes all of them. */
const pointsMax = every ? Infinity : Number(process.env['POINTS'] ?? 6);
const errnos = ['EIO', 'ENOSPC'] as const;
const amounts = { small: 4, large: 4, partials: 2 };
const files = amounts.small + amounts.large + amounts.partials;
const environment = {
  // One thread of the pool makes the calls for the blobs, and the main thread those for the database.
  UV_THREADPOOL_SIZE: '1',
  WAYBILL_WORKERS: '0',
  WAYBILL_RETENTION_SHARE_PERCENT: '100',
};

t.setTimeout(every ? 7_200_000 : 300_000);

type Scene = {
  readonly server: LiveServer;
  readonly amy: LiveUser;
  readonly random: Random;
  /** The runs of the job. */
  readonly runs: string;
};

async function sceneOn(server: LiveServer, random: Random): Promise<Scene> {
  await server.addAgency('alameda');
  const amy = await server.addUser('amy', 'alameda');
  const { id } = await server.api<{ id: string }>('POST', '/v1/retention-jobs', {
    name: 'old files',
    agency: 'alameda',
    path: '/outgoing/**',
    olderThanDays: 90,
    targets: ['file', 'partial-upload'],
    schedule: '0 0 1 1 *',
    timezone: 'UTC',
  });
  return { server, amy, random, runs: `/v1/retention-jobs/${id}/runs` };
}

type Told = { readonly id: string };

/** Looks at the row: a server whose storage fails answers no request. */
async function stateBecomes(
  server: LiveServer,
  runId: string,
  { not, withinMs = 120_000 }: { readonly not: readonly RunState[]; readonly withinMs?: number },
): Promise<RunState> {
  const audit = new PurgeAudit(server, runId);
  let { state } = audit.run();
  for (const endMs = performance.now() + withinMs; performance.now() < endMs; await sleep(20)) {
    ({ state } = audit.run());
    if (!not.includes(state)) break;
  }
  audit.close();
  return state;
}

/** A plan of files that are sent for it. @returns its id */
async function planned({ server, amy, random, runs }: Scene, clones = 0): Promise<string> {
  await sendFiles(server, amy, random, amounts);
  makeOld(server, random, { days: 100, clones });
  const { id } = await server.api<Told>('POST', runs, { dryRun: true });
  await stateBecomes(server, id, { not: ['planning'] });
  return id;
}

const goesOn: readonly RunState[] = ['planning', 'approved', 'running'];

/** What does not fit together of a run. */
function problemsOf(server: LiveServer, runId: string): readonly string[] {
  const audit = new PurgeAudit(server, runId);
  const problems = audit.problems();
  audit.close();
  return problems;
}

async function becomesReady(server: LiveServer): Promise<boolean> {
  for (let look = 0; look < 300; look += 1) {
    if ((await fetch(`http://127.0.0.1:${server.adminPort}/readyz`)).ok) return true;
    await sleep(50);
  }
  return false;
}

/** After the fault: the run is brought to its end, or the next one is. What is wrong then. */
async function completes({ server, runs }: Scene, runId: string): Promise<readonly string[]> {
  const problems = [...problemsOf(server, runId)];
  let state = await stateBecomes(server, runId, { not: goesOn, withinMs: 1_000 });
  if (state === 'approved' || state === 'running') {
    // It would go on with the next minute, and does at a start.
    await server.stop();
    await server.start();
    state = await stateBecomes(server, runId, { not: goesOn });
  }
  if (state === 'planned') {
    // The approval was refused.
    await server.api('POST', `${runs}/${runId}/approval`);
    state = await stateBecomes(server, runId, { not: goesOn });
  }
  problems.push(...problemsOf(server, runId));
  const audit = new PurgeAudit(server, runId);
  const { planned: count, purged, failed, error } = audit.run();
  audit.close();
  if (purged + failed !== count) problems.push(`${purged} purged and ${failed} failed`);
  if ((state === 'failed') !== failed > 0 || failed > 0 !== (error !== null))
    problems.push(`${state} with ${failed} failed: ${error}`);
  if (failed === 0) return problems;
  const { id: next } = await server.api<Told>('POST', runs, { dryRun: false });
  const then = await stateBecomes(server, next, { not: goesOn });
  if (then !== 'done') problems.push(`the next run is ${then}`);
  return [...problems, ...problemsOf(server, next)];
}

/** Everything has gone, and it is all told of. */
async function checkEnd(t: Test, { server }: Scene, filesSent: number): Promise<void> {
  const certificates = await server.all('/v1/certificates');
  t.equal(certificates.length, filesSent);
  t.equal(new Set(certificates.map((each) => each['versionId'])).size, filesSent);
  t.match(await server.api('GET', '/v1/audit/verification'), { ok: true });
  const found = await runDoctor(server);
  // A small disk is small, whatever a run does.
  const wrong = found.filter((each) => !each.startsWith('fail disk:'));
  t.same(wrong, [], 'waybill doctor finds nothing');
  t.same(new Auditor(server.dataDirectory).check(), [], 'no bytes without a row, no row without');
}

t.test('a purge whose system calls fail, SQLite included', needsStrace(), async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const server = await startLiveServer(t, environment);
  const scene = await sceneOn(server, random);
  const { runs } = scene;
  const log = join(server.directory, 'strace.log');
  const purge = async (id: string) => {
    await server.api('POST', `${runs}/${id}/approval`).catch(() => undefined);
    await stateBecomes(server, id, { not: goesOn, withinMs: 1_500 });
  };
  const first = await planned(scene);
  const points = await pointsOf(server.pid, log, () => purge(first));
  t.same(await completes(scene, first), []);
  const faults = points.flatMap((point) => errnos.map((errno) => ({ point, errno })));
  let tried = 0;
  for (; tried < pointsMax && faults.length > 0; tried += 1) {
    const [{ point, errno }] = faults.splice(random.int(faults.length), 1) as [(typeof faults)[0]];
    const id = await planned(scene);
    const tracer = await failAt(server.pid, point, errno);
    await purge(id);
    await tracer.detach();
    if (!(await becomesReady(server))) t.fail('it is not ready again');
    const problems = await completes(scene, id);
    const where = `${errno} at ${point.call} ${point.nth} of thread ${point.thread}`;
    if (problems.length > 0) t.same(problems, [], where);
  }
  t.comment(`${tried} of ${points.length} calls`);
  await checkEnd(t, scene, files * (tried + 1));
});

t.test('another process holds the database of a live server during a purge', async (t) => {
  const server = await startLiveServer(t, environment);
  const scene = await sceneOn(server, seededRandom());
  const id = await planned(scene);
  await server.api('POST', `${scene.runs}/${id}/approval`);
  const letGo = await holdDatabase(server.dataDirectory);
  // Longer than a request waits.
  await sleep(6_000);
  const during = problemsOf(server, id);
  await letGo();
  t.same(during, []);
  t.ok(await becomesReady(server));
  t.same(await completes(scene, id), []);
  await checkEnd(t, scene, files);
});

t.test('a purge on a full disk', async (t) => {
  const server = new LiveServer(t.testdirName, [await freePort(), await freePort()], environment);
  t.teardown(() => server.stop('SIGKILL'));
  t.testdir();
  const disk = mountSmallDisk(t, server.dataDirectory, 64);
  if (typeof disk === 'string') {
    t.pass('a small disk', { skip: disk });
    return;
  }
  // Ended before the disk goes away: tap ends what is registered last first.
  t.teardown(() => server.stop('SIGKILL'));
  await server.start();
  const scene = await sceneOn(server, seededRandom());

  await t.test('goes on from the reserve, and makes room', async (t) => {
    const id = await planned(scene);
    disk.fill();
    await server.api('POST', `${scene.runs}/${id}/approval`);
    t.equal(await stateBecomes(server, id, { not: goesOn }), 'done');
    t.same(problemsOf(server, id), []);
  });

  const clones = 3_000;
  await t.test('without a reserve it stays where it is until there is room', async (t) => {
    disk.clear();
    const id = await planned(scene, clones);
    await server.api('POST', `${scene.runs}/${id}/approval`);
    const audit = new PurgeAudit(server, id);
    while (audit.run().purged === 0) await sleep(2);
    const takeRoom = () => {
      truncateSync(join(server.dataDirectory, reserveFileName), 0);
      disk.fill();
    };
    // What the log of the database has room for still goes; it rests for half a second at the most between two parts.
    let before = -1;
    let now = audit.run();
    while (now.state === 'running' && now.purged !== before) {
      before = now.purged;
      takeRoom();
      await sleep(1_500);
      now = audit.run();
    }
    t.equal(now.state, 'running', `it stands still with ${now.purged} of ${files + clones} purged`);
    audit.close();
    t.same(problemsOf(server, id), []);
    disk.clear();
    t.ok(await becomesReady(server));
    t.same(await completes(scene, id), []);
  });
  await checkEnd(t, scene, 2 * files + clones);
});

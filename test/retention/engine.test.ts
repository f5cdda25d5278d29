import t from 'tap';
import { setImmediate as turn } from 'node:timers/promises';
import type { Database, Unit } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { plantFiles } from './fixtures/planted.ts';
import {
  Mortal,
  type Retained,
  addKey,
  admin,
  amy,
  certificatesOf,
  createJob,
  dayMs,
  itemsOf,
  newestRun,
  olga,
  openRetained,
  pathsIn,
  petra,
} from './fixtures/retained.ts';

const minuteMs = 60_000;

/** An agency with so many files that are older than 30 days. */
async function withOldFiles(retained: Retained, count = 3) {
  await retained.exchange.login(amy);
  await plantFiles(retained.exchange.database, 'alameda', {
    directory: 'outgoing',
    count,
    receivedAtMs: (index) => retained.clock.now() - 31 * dayMs + index,
  });
}

const eventsOf = async ({ exchange }: Retained) =>
  (await exchange.events())
    .map(({ event }) => String(event))
    .filter((event) => /^(retention|file\.purged|clock)/.test(event));

t.test('a job that is due runs: planned, started, each file purged, ended', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const job = await createJob(retained);
  await retained.tick();
  t.equal((await retained.retention.jobs.get(job.id)).lastRun, null, 'it is not due');
  retained.clock.pass(14 * 60 * minuteMs);
  await retained.tick();
  const run = await newestRun(retained, job.id);
  t.match(run, {
    state: 'done',
    cause: 'schedule',
    dueAtMs: Date.UTC(2030, 0, 8, 2),
    requestedBy: { kind: 'server' },
    approvedBy: null,
    planned: { files: 3, bytes: 3 },
    purged: { files: 3, bytes: 3 },
    held: 0,
    skipped: 0,
    failed: 0,
    progress: 1,
    error: null,
    jobName: 'nightly',
  });
  t.same(await pathsIn(retained, 'alameda'), []);
  t.same(await eventsOf(retained), [
    'retention-job.created.1',
    'retention-run.planned.1',
    'retention-run.started.1',
    ...Array(3).fill('file.purged.1'),
    'retention-run.ended.1',
  ]);
  t.equal((await certificatesOf(retained)).length, 3);
  await retained.tick();
  t.equal((await newestRun(retained, job.id)).id, run.id, 'once');
  retained.clock.pass(dayMs);
  await retained.tick();
  t.match(await newestRun(retained, job.id), { state: 'done', planned: { files: 0 } });
  t.same(retained.faults, []);
});

t.test('a run that was missed comes once, however many times have passed', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const job = await createJob(retained, { schedule: '*/30 * * * *' });
  retained.clock.pass(20 * 60 * minuteMs);
  retained.restart();
  await retained.tick();
  await retained.tick();
  const { items } = await retained.retention.runs.list({ limit: 10, jobId: job.id });
  t.match(items, [{ cause: 'missed', dueAtMs: Date.UTC(2030, 0, 7, 12, 30), state: 'done' }]);
  t.equal(items.length, 1);
});

t.test(
  'a plan that needs it waits for another administrator, and then only it is purged',
  async (t) => {
    const retained = await openRetained(t);
    await withOldFiles(retained);
    const { retention, clock, exchange } = retained;
    const job = await createJob(retained, { needsApproval: true });
    clock.pass(dayMs);
    await retained.tick();
    const { id, state, waitsFor } = await newestRun(retained, job.id);
    t.same({ state, waitsFor }, { state: 'planned', waitsFor: 'approval' });
    t.equal((await pathsIn(retained, 'alameda')).length, 3);
    await plantFilesNamed(retained, 'incoming');

    await t.rejects(retention.runs.approve(olga, job.id, id), {
      code: 'approval-not-allowed',
      message: /whoever set the rule/,
    });
    await addKey(exchange.database, 'olgas-other', 'olga');
    await t.rejects(retention.runs.approve(admin('olgas-other'), job.id, id), {
      code: 'approval-not-allowed',
      message: /through the same hands/,
    });
    await t.rejects(retention.runs.approve(petra, 'x', id), { code: 'not-found' });
    await t.rejects(retention.runs.start(petra, job.id, { dryRun: false }), {
      code: 'conflict',
      message: new RegExp(id),
    });
    clock.pass(dayMs);
    await retained.tick();
    t.equal((await newestRun(retained, job.id)).id, id, 'the next time is left out');
    t.equal((await retention.runs.approve(petra, job.id, id)).state, 'approved');
    await retention.idle();
    t.match(await newestRun(retained, job.id), {
      state: 'done',
      approvedBy: { keyId: 'petra' },
      purged: { files: 3 },
    });
    t.equal(
      (await pathsIn(retained, 'alameda')).length,
      2,
      'what grew old since is not in the plan',
    );
    await t.rejects(retention.runs.approve(petra, job.id, id), {
      code: 'conflict',
      message: /done/,
    });
    const [purged] = await exchange.events({ event: 'file.purged.1' });
    t.match(purged, { run: id, job: job.id, actor: { kind: 'admin', keyId: 'petra' } });
  },
);

async function plantFilesNamed(retained: Retained, directory: string) {
  await plantFiles(retained.exchange.database, 'alameda', {
    directory,
    count: 2,
    receivedAtMs: () => retained.clock.now() - 40 * dayMs,
  });
}

t.test('who asked for a run does not approve it, though another set the rule', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { retention } = retained;
  const job = await createJob(retained, { needsApproval: true });
  const { id } = await retention.runs.start(petra, job.id, { dryRun: true });
  await retention.idle();
  await t.rejects(retention.runs.approve(petra, job.id, id), { code: 'approval-not-allowed' });
  await addKey(retained.exchange.database, 'quinn', null);
  await retention.runs.approve(admin('quinn'), job.id, id);
  await retention.idle();
  t.match(await newestRun(retained, job.id), { state: 'done', dryRun: false });
  const [purged] = await retained.exchange.events({ event: 'file.purged.1' });
  t.match(purged, { actor: { keyId: 'petra', approvedBy: { keyId: 'quinn' } } });
});

t.test('a plan that is old, or whose rule was changed, is not approved', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { retention, clock } = retained;
  const job = await createJob(retained, { enabled: false });
  const { id } = await retention.runs.start(olga, job.id, { dryRun: true });
  await retention.idle();
  await retention.jobs.change(olga, job.id, { olderThanDays: 60 });
  await t.rejects(retention.runs.approve(petra, job.id, id), {
    code: 'conflict',
    message: /changed/,
  });
  await retention.jobs.change(olga, job.id, { olderThanDays: 30, name: 'renamed' });
  clock.pass(7 * dayMs + 1);
  await t.rejects(retention.runs.approve(petra, job.id, id), {
    code: 'conflict',
    message: /7 days/,
  });
  clock.pass(-1);
  t.match(await retention.runs.approve(petra, job.id, id), { jobName: 'renamed' });
  await t.rejects(retention.runs.start(olga, job.id, { dryRun: false }), { code: 'conflict' });
  await t.rejects(retention.jobs.remove(olga, job.id), {
    code: 'conflict',
    message: new RegExp(id),
  });
  await retention.idle();
  await retention.jobs.remove(olga, job.id);
  await t.rejects(retention.runs.start(olga, job.id, { dryRun: true }), { code: 'not-found' });
  t.equal((await retention.runs.get(job.id, id)).state, 'done', 'runs stay to be read');
});

t.test('more than the share of the files waits', async (t) => {
  const retained = await openRetained(t, { limits: { retentionSharePercentMax: 50 } });
  await withOldFiles(retained, 6);
  const { exchange, retention } = retained;
  const client = await exchange.connect(amy);
  for (let index = 0; index < 5; index += 1)
    await client.put(`/outgoing/young-${index}`, Buffer.alloc(1));
  const other = await exchange.connect({ username: 'ben', agency: 'butte' });
  for (let index = 0; index < 5; index += 1)
    await other.put(`/outgoing/young-${index}`, Buffer.alloc(1));
  const job = await createJob(retained, { enabled: false });
  await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  const run = await newestRun(retained, job.id);
  t.match(run, { state: 'planned', waitsFor: 'share', scopeFiles: 11, planned: { files: 6 } });
  t.match(await retention.runs.cancel(petra, job.id, run.id), {
    state: 'cancelled',
    cancelledBy: { keyId: 'petra' },
  });
  await client.put('/outgoing/young-5', Buffer.alloc(1));
  retained.clock.pass(1);
  await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 6 } });
});

t.test(
  'a run that is cancelled stops between two batches, and what it purged stays so',
  async (t) => {
    const retained = await openRetained(t);
    await withOldFiles(retained, 400);
    const job = await createJob(retained, { enabled: false });
    let parts = 0;
    const retention = retained.restart({
      rest: async () => {
        parts += 1;
        const run = await newestRun(retained, job.id);
        if (run.state === 'running' && run.purged.files > 0)
          await retention.runs.cancel(olga, job.id, run.id);
      },
    });
    await retention.runs.start(olga, job.id, { dryRun: false });
    await retention.idle();
    const run = await newestRun(retained, job.id);
    t.equal(run.state, 'cancelled');
    t.ok(run.purged.files > 0 && run.purged.files < 400);
    t.equal((await pathsIn(retained, 'alameda')).length, 400 - run.purged.files);
    t.equal((await certificatesOf(retained)).length, run.purged.files);
    const { items } = await retention.runs.items(run.id, { limit: 1, state: 'planned' });
    t.equal(items[0]!.ordinal, run.purged.files);
    await t.rejects(retention.runs.cancel(olga, job.id, run.id), { code: 'conflict' });
    const [row] = await retained.exchange.events({ event: 'retention-run.cancelled.1' });
    t.match(row, { was: 'running', files: run.purged.files });
  },
);

t.test('a run that is killed anywhere goes on: each file once, none left out', async (t) => {
  const mortal = new Mortal();
  const retained = await openRetained(t, { parts: { rest: mortal.rest } });
  await withOldFiles(retained, 700);
  const job = await createJob(retained, { enabled: false });
  mortal.left = 3;
  const { id } = await retained.retention.runs.start(olga, job.id, { dryRun: false });
  let kills = 0;
  for (; ; kills += 1) {
    while (!mortal.isDead && (await newestRun(retained, job.id)).state !== 'done') await turn();
    if ((await newestRun(retained, job.id)).state === 'done') break;
    mortal.left = 3;
    await retained.restart().tick();
  }
  t.ok(kills >= 3, `${kills} kills`);
  t.match(await newestRun(retained, job.id), {
    id,
    purged: { files: 700, bytes: 700 },
    skipped: 0,
  });
  const certificates = await certificatesOf(retained);
  t.equal(new Set(certificates.map((each) => each.target_id)).size, 700);
  t.equal(certificates.length, 700);
  t.same(await pathsIn(retained, 'alameda'), []);
});

/** A database whose units fail, or not, as `fails` says of what the ledger has had appended. */
function failing(database: Database, fails: (unit: Unit) => Promise<void>): Database {
  return {
    ...database,
    retry: (work) => database.retry(work),
    write: (work, options) =>
      database.write(async (unit) => {
        const done = await work(unit);
        await fails(unit);
        return done;
      }, options),
  };
}

t.test('one thing that cannot go is told of, and the others go', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 9);
  const { exchange } = retained;
  // Its certificate is there already: the row of another fails.
  const bad = await exchange.database.read(({ query }) =>
    query
      .selectFrom('versions')
      .select('id')
      .orderBy('received_at')
      .offset(4)
      .limit(1)
      .executeTakeFirstOrThrow(),
  );
  await exchange.database.write(({ query }) =>
    query
      .insertInto('certificates')
      .values({
        id: 'x',
        run_id: 'x',
        job_id: 'x',
        agency: 'alameda',
        path: '/x',
        target: 'file',
        target_id: bad.id,
        size: 1,
        sha256: null,
        received_at: 0,
        purged_at: 0,
        body: '{}',
        signature: '',
      })
      .execute(),
  );
  const job = await createJob(retained, { enabled: false });
  await retained.retention.runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  const run = await newestRun(retained, job.id);
  t.match(run, {
    state: 'failed',
    purged: { files: 8 },
    failed: 1,
    error: '1 of 9 could not be purged; the first: internal error',
  });
  t.match(
    (await itemsOf(retained, run.id)).map(({ state }) => state),
    [...Array(4).fill('purged'), 'failed', ...Array(4).fill('purged')],
  );
  t.match(await retained.retention.runs.items(run.id, { limit: 5, state: 'failed' }), {
    items: [{ ordinal: 4, targetId: bad.id, reason: 'internal error' }],
    next: null,
  });
  t.equal((await pathsIn(retained, 'alameda')).length, 1, 'it is wholly there');
  t.match(await exchange.events({ event: 'retention-run.ended.1' }), [
    { outcome: 'failed', state: 'failed', failed: 1, files: 8 },
  ]);
  t.ok(retained.faults.length > 0, 'the log has what it was');
});

t.test('while the database takes nothing the run stays where it is', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 5);
  const { database } = retained.exchange;
  let isFull = false;
  const flaky = failing(database, async () => {
    if (isFull) throw new Fault('storage-full');
  });
  retained.restart({ database: flaky });
  const job = await createJob(retained, { needsApproval: true, enabled: false });
  const { id } = await retained.retention.runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  isFull = true;
  await retained.retention.runs.approve(petra, job.id, id);
  await retained.retention.idle();
  for (let minute = 0; minute < 6; minute += 1) {
    retained.clock.pass(minuteMs);
    await retained.tick().catch(() => undefined);
    t.match(await newestRun(retained, job.id), { state: 'approved', purged: { files: 0 } });
  }
  isFull = false;
  await retained.tick();
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 5 }, failed: 0 });
});

t.test('a batch that could not be committed is wholly done again', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 5);
  const { database } = retained.exchange;
  let failures = 0;
  const flaky = failing(database, async ({ query }) => {
    const purged = await query.selectFrom('certificates').select('id').execute();
    if (purged.length > 0 && (failures += 1) <= 5) throw new Fault('storage-failed');
  });
  retained.restart({ database: flaky });
  const job = await createJob(retained, { enabled: false });
  await retained.retention.runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  for (let minute = 0; minute < 5; minute += 1) {
    t.same(await certificatesOf(retained), []);
    t.match(await newestRun(retained, job.id), { state: 'running' });
    retained.clock.pass(minuteMs);
    await retained.tick();
  }
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 5 }, failed: 0 });
});

t.test('nothing goes while the time is not certain', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { clock, retention } = retained;
  const job = await createJob(retained);
  await retained.tick();
  clock.offMs = 2 * dayMs;
  await retained.tick();
  t.equal((await retention.jobs.get(job.id)).lastRun, null);
  await t.rejects(retention.runs.start(olga, job.id, { dryRun: true }), {
    code: 'conflict',
    message: /the clock jumped ahead/,
  });
  t.match(await retention.clock.read(), { problem: 'jumped' });
  clock.offMs = 0;
  await retention.clock.confirm(olga, 'set right');
  clock.pass(dayMs);
  await retained.tick();
  t.match((await retention.jobs.get(job.id)).lastRun, { state: 'done' });
});

t.test('a run stops where the clock is set back, and goes on once that is confirmed', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 400);
  const { clock } = retained;
  const job = await createJob(retained, { enabled: false });
  const retention = retained.restart({
    rest: async () => {
      const { purged } = await newestRun(retained, job.id);
      if (purged.files > 0) clock.offMs = -dayMs;
    },
  });
  await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  const { state, purged } = await newestRun(retained, job.id);
  t.equal(state, 'running');
  t.ok(purged.files > 0 && purged.files < 400);
  await retained.tick();
  t.equal((await newestRun(retained, job.id)).purged.files, purged.files);
  clock.offMs = 0;
  retained.restart();
  await retained.retention.clock.confirm(olga, 'set right');
  await retained.retention.idle();
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 400 } });
});

t.test('the log is emptied at the end, and again where somebody read from it', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 3);
  const answers = [true, false, true];
  let asked = 0;
  retained.restart({
    eraseLog: async () => {
      asked += 1;
      return answers.shift() ?? true;
    },
  });
  await retained.tick();
  t.equal(asked, 1, 'at the start nobody knows what was left');
  const job = await createJob(retained, { enabled: false });
  await retained.retention.runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  t.equal(asked, 2);
  await retained.tick();
  t.equal(asked, 3);
  await retained.tick();
  t.equal(asked, 3);
});

t.test('a stop awaits the part that is under way, and the next start goes on', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 400);
  const job = await createJob(retained, { enabled: false });
  let isStopping: Promise<void> | undefined;
  const first = retained.restart({
    rest: async () => {
      const { purged } = await newestRun(retained, job.id);
      if (purged.files > 0) isStopping ??= first.stop();
    },
  });
  await first.runs.start(olga, job.id, { dryRun: false });
  await first.idle();
  await isStopping;
  const { state, purged } = await newestRun(retained, job.id);
  t.equal(state, 'running');
  t.ok(purged.files < 400);
  await first.tick();
  t.equal((await newestRun(retained, job.id)).purged.files, purged.files);
  await retained.restart().tick();
  await retained.retention.idle();
  t.match(await newestRun(retained, job.id), { state: 'done', purged: { files: 400 } });
});

t.test('runs of several jobs go on in turn', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained, 600);
  const order: string[] = [];
  const database = retained.exchange.database;
  retained.restart({
    rest: async () => {
      const { items } = await retained.retention.runs.list({ limit: 5 });
      order.push(
        items
          .filter(({ state }) => state === 'running')
          .map(({ jobName }) => jobName)
          .join(),
      );
    },
  });
  const one = await createJob(retained, { name: 'one', enabled: false });
  const two = await createJob(retained, { name: 'two', agency: null, enabled: false });
  await Promise.all([
    retained.retention.runs.start(olga, one.id, { dryRun: false }),
    retained.retention.runs.start(olga, two.id, { dryRun: false }),
  ]);
  await retained.retention.idle();
  t.ok(
    order.some((names) => names.includes(',')),
    'both are running at a time',
  );
  const runs = await Promise.all([one, two].map(({ id }) => newestRun(retained, id)));
  t.equal(runs[0]!.purged.files + runs[1]!.purged.files, 600);
  for (const { state, planned, purged, skipped, error } of runs)
    t.match(
      { state, error, settled: purged.files + skipped },
      { state: 'done', error: null, settled: planned.files },
      'what is gone was of the other',
    );
  t.equal((await certificatesOf(retained)).length, 600);
  t.ok(database.problem === null);
});

t.test('a plan that was made by a clock that was ahead takes nothing', async (t) => {
  // It was confirmed after the clock was set right, and the plan of the wrong time went on.
  const mortal = new Mortal();
  const retained = await openRetained(t, { parts: { rest: mortal.rest } });
  const { clock, exchange } = retained;
  await exchange.login(amy);
  await plantFiles(exchange.database, 'alameda', {
    directory: 'outgoing',
    count: 400,
    receivedAtMs: (index) => clock.now() + index,
  });
  const job = await createJob(retained, { enabled: false });
  clock.pass(dayMs);
  clock.offMs = 365 * dayMs;
  const { id: waiting } = await retained.retention.runs.start(olga, job.id, { dryRun: true });
  await retained.retention.idle();
  mortal.left = 1;
  const { id } = await retained.retention.runs.start(olga, job.id, { dryRun: false });
  await mortal.death;
  clock.offMs = 0;
  t.equal((await retained.retention.runs.get(job.id, id)).state, 'planning');
  await retained.retention.stop();
  mortal.left = Infinity;
  retained.restart();
  await retained.tick();
  await t.rejects(retained.retention.runs.approve(petra, job.id, waiting), {
    code: 'conflict',
    message: /the clock went back/,
  });
  await retained.retention.clock.confirm(olga, 'it was a year ahead');
  await retained.tick();
  t.match(await retained.retention.runs.get(job.id, id), {
    state: 'failed',
    error: /a clock that was ahead/,
    purged: { files: 0 },
  });
  await t.rejects(retained.retention.runs.approve(petra, job.id, waiting), {
    code: 'conflict',
    message: /a clock that was ahead/,
  });
  t.equal((await pathsIn(retained, 'alameda')).length, 400);
});

t.test('what began by a clock that was ahead goes no further', async (t) => {
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { exchange, retention } = retained;
  const job = await createJob(retained, { enabled: false, needsApproval: true });
  const { id } = await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  await exchange.database.write(({ query, nowMs }) =>
    query
      .updateTable('retention_runs')
      .set({ state: 'running', cutoff_at: nowMs - 30 * dayMs + minuteMs + 1 })
      .where('id', '=', id)
      .execute(),
  );
  await retained.tick();
  t.match(await newestRun(retained, job.id), { state: 'failed', purged: { files: 0 } });
  t.equal((await pathsIn(retained, 'alameda')).length, 3);
});

t.test('who renames a job has not set its rule', async (t) => {
  // Whoever set a rule had another administrator rename the job, and approved the plan alone.
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { retention } = retained;
  const job = await createJob(retained, { enabled: false, needsApproval: true });
  await retention.jobs.change(petra, job.id, { name: 'renamed', schedule: '0 3 * * *' });
  await addKey(retained.exchange.database, 'quinn', null);
  const { id } = await retention.runs.start(admin('quinn'), job.id, { dryRun: false });
  await retention.idle();
  await t.rejects(retention.runs.approve(olga, job.id, id), { code: 'approval-not-allowed' });
  t.equal((await retention.runs.approve(petra, job.id, id)).state, 'approved');
});

t.test('a plan that nobody can approve any more makes room for the next', async (t) => {
  // It kept its job from ever running again, until somebody cancelled it.
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { retention, clock } = retained;
  const job = await createJob(retained, { needsApproval: true });
  clock.pass(dayMs);
  await retained.tick();
  const first = await newestRun(retained, job.id);
  for (let day = 0; day < 7; day += 1) {
    clock.pass(dayMs);
    await retained.tick();
  }
  t.equal((await newestRun(retained, job.id)).id, first.id, 'seven days it can be approved');
  clock.pass(dayMs);
  await retained.tick();
  const second = await newestRun(retained, job.id);
  t.match(second, { state: 'planned', waitsFor: 'approval' });
  t.not(second.id, first.id);
  t.match(await retention.runs.get(job.id, first.id), {
    state: 'cancelled',
    cancelledBy: { kind: 'server' },
    error: /older than 7 days/,
  });
  await retention.jobs.change(olga, job.id, { olderThanDays: 31 });
  clock.pass(dayMs);
  await retained.tick();
  t.match(await retention.runs.get(job.id, second.id), { state: 'cancelled', error: /changed/ });
});

t.test('so does one of a job that is disabled, or due once a year', async (t) => {
  // It stood in the way for good: nobody could approve it, every new run was refused, and the server said degraded.
  const retained = await openRetained(t);
  await withOldFiles(retained);
  const { retention, clock } = retained;
  const job = await createJob(retained, { enabled: false, needsApproval: true });
  const first = await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  for (let day = 0; day < 7; day += 1) {
    clock.pass(dayMs);
    await retained.tick();
  }
  t.match(await retention.runs.get(job.id, first.id), { state: 'planned' });
  clock.pass(1);
  await retained.tick();
  t.match(await retention.runs.get(job.id, first.id), {
    state: 'cancelled',
    cancelledBy: { kind: 'server' },
    error: /older than 7 days/,
  });
  t.match(await retention.runs.start(olga, job.id, { dryRun: false }), { state: 'planning' });
});

t.test('dry runs are planned one at a time, and their lists go after seven days', async (t) => {
  // Whoever asked for one after the other had each look through all files, and their lists were kept for ever.
  const retained = await openRetained(t);
  await withOldFiles(retained, 600);
  const { retention, clock, exchange } = retained;
  const job = await createJob(retained, { enabled: false });
  const dry = await retention.runs.start(olga, job.id, { dryRun: true });
  await t.rejects(retention.runs.start(petra, job.id, { dryRun: true }), {
    code: 'conflict',
    message: new RegExp(dry.id),
  });
  await retention.idle();
  const cancelled = await retention.runs.start(olga, job.id, { dryRun: true });
  await retention.idle();
  await retention.runs.cancel(olga, job.id, cancelled.id);
  const count = async (runId: string) => {
    const rows = await exchange.database.read(({ query }) =>
      query.selectFrom('retention_items').select('ordinal').where('run_id', '=', runId).execute(),
    );
    return rows.length;
  };
  for (let days = 0; days < 7; days += 1) {
    clock.pass(dayMs);
    await retained.tick();
  }
  const done = await retention.runs.start(olga, job.id, { dryRun: false });
  await retention.idle();
  t.same([await count(dry.id), await count(cancelled.id)], [600, 600]);
  clock.pass(dayMs);
  await retained.tick();
  t.same([await count(dry.id), await count(cancelled.id), await count(done.id)], [0, 0, 600]);
  t.match(await retention.runs.get(job.id, dry.id), { state: 'planned', planned: { files: 600 } });
});

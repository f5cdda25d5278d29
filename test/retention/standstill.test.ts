/** What does not go on is told of, and holds up nothing else. */
import t from 'tap';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { RetentionStates, retentionTroubles } from '../../server/retention/state.ts';
import {
  type Retained,
  amy,
  createJob,
  dayMs,
  itemsOf,
  newestRun,
  olga,
  openRetained,
  pathsIn,
  petra,
} from './fixtures/retained.ts';

async function days(retained: Retained, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 0.9) {
    retained.clock.pass(0.9 * dayMs);
    await retained.tick();
  }
}

const stateOf = ({ exchange }: Retained) =>
  exchange.database.read((reader) => new RetentionStates().look(reader));

t.test('a job whose time zone this Node does not know', async (t) => {
  // One name that a new Node did not have stopped the runs of all jobs, and nobody could list or remove it either.
  const retained = await openRetained(t);
  const { exchange } = retained;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  const bad = await createJob(retained, { name: 'a-bad', olderThanDays: 30 });
  const good = await createJob(retained, { name: 'good', olderThanDays: 1 });
  await exchange.database.write(({ query }) =>
    query
      .updateTable('retention_jobs')
      .set({ timezone: 'Europe/Nowhere' })
      .where('id', '=', bad.id)
      .execute(),
  );
  retained.restart();
  await days(retained, 3);
  t.match(await newestRun(retained, good.id), { state: 'done' });
  t.same(await pathsIn(retained, 'alameda'), []);
  const { items } = await retained.retention.jobs.list({ limit: 5 });
  t.match(items, [
    { name: 'a-bad', nextRunsMs: [] },
    { name: 'good', nextRunsMs: Array },
  ]);
  const state = await stateOf(retained);
  t.match(state, { late: 1 });
  t.match(retentionTroubles(state), [/1 retention job is late/]);
  await retained.retention.jobs.change(petra, bad.id, { timezone: 'UTC' });
  t.equal((await retained.retention.jobs.get(bad.id)).nextRunsMs.length, 5);
  await retained.retention.jobs.remove(petra, bad.id);
});

t.test('a job that cannot be begun holds up no other', async (t) => {
  const retained = await openRetained(t);
  const { exchange } = retained;
  const { database } = exchange;
  await exchange.login(amy);
  const first = await createJob(retained, { name: 'a' });
  const second = await createJob(retained, { name: 'b' });
  await retained.tick();
  let failures = 0;
  const flaky: Database = {
    ...database,
    retry: (work) => database.retry(work),
    write: (work, options) =>
      database.write(async (unit) => {
        const done = await work(unit);
        const run = await unit.query
          .selectFrom('retention_runs')
          .select('id')
          .where('job_id', '=', first.id)
          .executeTakeFirst();
        if (run === undefined) return done;
        failures += 1;
        throw new Fault('storage-failed');
      }, options),
  };
  retained.restart({ database: flaky });
  retained.clock.pass(0.9 * dayMs);
  await t.rejects(retained.tick(), { code: 'storage-failed' });
  await retained.retention.idle();
  t.equal(failures, 1);
  t.match(await newestRun(retained, second.id), { state: 'done' });
});

t.test('a run that stands still', async (t) => {
  // A disk that was full for two months had the run of a job stand still, and the server said that all was well.
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  const { database } = exchange;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  let isFull = true;
  const full: Database = {
    ...database,
    retry: (work) => database.retry(work),
    write: (work, options) =>
      database.write(async (unit) => {
        const done = await work(unit);
        const running = await unit.query
          .selectFrom('retention_runs')
          .select('id')
          .where('state', '=', 'running')
          .executeTakeFirst();
        if (isFull && options === undefined && running !== undefined)
          throw new Fault('storage-full');
        return done;
      }, options),
  };
  await retained.tick();
  retained.restart({ database: full });
  const job = await createJob(retained, { olderThanDays: 1 });
  for (let day = 0; day < 4; day += 1) {
    clock.pass(0.9 * dayMs);
    await retained.tick().catch(() => undefined);
  }
  const run = await newestRun(retained, job.id);
  t.match(run.state, /planning|running/);
  const state = await stateOf(retained);
  t.match(state, { stalled: 1 });
  t.match(retentionTroubles(state), [/the run of 1 retention job stands still/]);
  isFull = false;
  await retained.tick();
  t.match(await newestRun(retained, job.id), { state: 'done' });
  t.match(await stateOf(retained), { stalled: 0 });
});

t.test('a plan that waits for days', async (t) => {
  const retained = await openRetained(t);
  const client = await retained.exchange.connect(amy);
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  await createJob(retained, { olderThanDays: 1, schedule: '0 2 1 * *', needsApproval: true });
  await days(retained, 27);
  t.match(retentionTroubles(await stateOf(retained)), []);
  await days(retained, 3);
  t.match(retentionTroubles(await stateOf(retained)), [/a plan of 1 retention job waits/]);
  await days(retained, 2);
  t.same(retentionTroubles(await stateOf(retained)), [], 'after seven it is taken back');
});

t.test('a plan whose list is gone', async (t) => {
  // A clock that was a day ahead had the list of a dry run dropped; set right, the plan was young enough to be approved
  // again. Its run looked for the first thing of it for ever, as fast as it could.
  const retained = await openRetained(t);
  const { clock, exchange } = retained;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/x.csv', Buffer.from('x'));
  await days(retained, 3);
  const yearly = { olderThanDays: 1, schedule: '0 0 1 1 *' };
  const job = await createJob(retained, yearly);
  const start = async (dryRun: boolean) => {
    const run = await retained.retention.runs.start(olga, job.id, { dryRun });
    await retained.retention.idle();
    return run;
  };
  const dry = await start(true);
  await days(retained, 6.3);
  clock.offMs = dayMs * 0.8;
  retained.restart();
  await retained.tick();
  t.same(await itemsOf(retained, dry.id), []);
  clock.offMs = 0;
  await retained.tick();
  await retained.retention.clock.confirm(petra, 'it was ahead');
  await t.rejects(retained.retention.runs.approve(petra, job.id, dry.id), {
    code: 'conflict',
    message: /what it would take is listed no more: cancel it and start a new run/,
  });

  // One that got past that, as a restored database might have it.
  let parts = 0;
  retained.restart({
    rest: async () => {
      parts += 1;
      if (parts > 100) await new Promise((resolve) => setImmediate(resolve));
    },
  });
  await exchange.database.write(({ query }) =>
    query
      .updateTable('retention_runs')
      .set({ state: 'running', dry_run: 0 })
      .where('id', '=', dry.id)
      .execute(),
  );
  await retained.retention.tick();
  await Promise.race([retained.retention.idle(), new Promise((over) => setTimeout(over, 5_000))]);
  t.match(await newestRun(retained, job.id), {
    state: 'failed',
    error: 'what it would take is listed no more',
  });
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
});

import { parse } from 'node:path';
import t from 'tap';
import {
  RetentionStates,
  retentionTroubles,
  type RetentionState,
} from '../../server/retention/state.ts';
import { openApi, upload, withAnn } from '../admin-api/fixtures/api.ts';

const dayMs = 24 * 60 * 60_000;
const job = { name: 'old', path: '/outgoing/**', olderThanDays: 30, schedule: '0 3 * * *' };

t.test('what waits, what is late and what failed, of the last runs that count', async (t) => {
  const world = await openApi(t);
  const { call, retention, clock, database } = world;
  await withAnn(world);
  await upload(world, '/outgoing/a.csv', Buffer.from('a'));
  const states = new RetentionStates();
  const look = () => database.read((reader) => states.look(reader));
  t.match(await look(), { jobs: 0, late: 0, failed: 0, waitingSinceMs: null, clockProblem: null });
  const made = await call('POST', '/v1/retention-jobs', { ...job, needsApproval: true });
  const url = String(made.headers['location']);
  clock.nowMs += 40 * dayMs;
  t.match(await look(), { jobs: 1, late: 1 }, 'nobody looked what is due');
  await retention.tick();
  await retention.idle();
  const waiting = await look();
  t.match(waiting, { late: 0, waiting: { approval: 1, share: 0 }, waitingSinceMs: clock.nowMs });
  const { items } = (await call('GET', `${url}/runs`)).body;
  t.match(items, [{ cause: 'missed', state: 'planned' }]);
  await database.write(({ query }) =>
    query
      .updateTable('retention_runs')
      .set({ state: 'failed', waits_for: null, ended_at: clock.nowMs, error: 'the disk' })
      .where('id', '=', items[0].id as string)
      .execute(),
  );
  t.match(await look(), { failed: 1, failedAtMs: clock.nowMs, waitingSinceMs: null });
  await call('POST', `${url}/runs`, { dryRun: true });
  await retention.idle();
  t.match(await look(), { failed: 1 }, 'a dry run makes nothing good');
});

// A job that had failed each night looked well as soon as the next run of it began or waited, and for ever where that one
// was cancelled or waited for an approval; and what waited was hidden by a younger run that was over.
t.test('a failure stands until a run of the job ends well', async (t) => {
  const world = await openApi(t);
  const { call, retention, clock, database } = world;
  await withAnn(world);
  await upload(world, '/outgoing/a.csv', Buffer.from('a'));
  const states = new RetentionStates();
  const look = () => database.read((reader) => states.look(reader));
  const made = await call('POST', '/v1/retention-jobs', { ...job, needsApproval: true });
  const url = String(made.headers['location']);
  clock.nowMs += 40 * dayMs;
  await retention.clock.read();
  const begin = async (dryRun: boolean) => {
    clock.nowMs += 1_000;
    const begun = await call('POST', `${url}/runs`, { dryRun });
    await retention.idle();
    return String(begun.headers['location']);
  };
  const end = async (run: string, change: { state: 'done' | 'failed'; failed_files?: number }) => {
    clock.nowMs += 1_000;
    await database.write(({ query }) =>
      query
        .updateTable('retention_runs')
        .set({ ...change, dry_run: 0, waits_for: null, ended_at: clock.nowMs })
        .where('id', '=', parse(run).base)
        .execute(),
    );
    return clock.nowMs;
  };
  const old = await begin(true);
  const failedAtMs = await end(await begin(false), { state: 'failed' });
  const next = await begin(false);
  t.match(await look(), { failed: 1, failedAtMs, waiting: { approval: 1, share: 0 } });
  t.equal((await call('POST', `${next}/cancellation`)).status, 200);
  t.match(await look(), { failed: 1, failedAtMs, waiting: { approval: 0 } }, 'nor by cancelling');
  // Approved only now: an older id than that of the run that failed.
  await end(old, { state: 'done' });
  t.match(await look(), { failed: 0, failedAtMs: null, running: 0 });
  const leftAtMs = await end(await begin(false), { state: 'done', failed_files: 2 });
  t.match(await look(), { failed: 1, failedAtMs: leftAtMs }, 'left something behind');
});

t.test('a plan that waits is seen, whatever ran after it was made', async (t) => {
  const world = await openApi(t);
  const { call, retention, clock, database } = world;
  await withAnn(world);
  await upload(world, '/outgoing/a.csv', Buffer.from('a'));
  const states = new RetentionStates();
  const look = () => database.read((reader) => states.look(reader));
  const url = String((await call('POST', '/v1/retention-jobs', job)).headers['location']);
  clock.nowMs += 40 * dayMs;
  await retention.clock.read();
  const begin = async (dryRun: boolean) => {
    clock.nowMs += 1_000;
    const begun = await call('POST', `${url}/runs`, { dryRun });
    await retention.idle();
    return String(begun.headers['location']);
  };
  const dry = await begin(true);
  t.equal((await call('POST', `${await begin(false)}/cancellation`)).status, 200);
  const setState = (state: 'running' | 'planned') =>
    database.write(({ query }) =>
      query
        .updateTable('retention_runs')
        .set({ state, dry_run: 0, waits_for: state === 'planned' ? 'share' : null })
        .where('id', '=', parse(dry).base)
        .execute(),
    );
  t.match(await look(), { running: 0, waiting: { approval: 0, share: 0 } });
  await setState('running');
  t.match(await look(), { running: 1, waiting: { approval: 0, share: 0 } });
  await setState('planned');
  t.match(await look(), { running: 0, waiting: { approval: 0, share: 1 } });
});

t.test('in words', (t) => {
  const well: RetentionState = {
    jobs: 2,
    late: 0,
    stalled: 0,
    failed: 0,
    failedAtMs: null,
    running: 1,
    waiting: { approval: 1, share: 0 },
    waitingSinceMs: 5,
    waitingLong: 0,
    clockProblem: null,
  };
  t.strictSame(retentionTroubles(well), [], 'a plan that waits is as it should be');
  t.match(retentionTroubles({ ...well, late: 2, failed: 1 }), [
    /2 .* late/,
    /1 retention job failed/,
  ]);
  t.match(retentionTroubles({ ...well, stalled: 1, waitingLong: 2 }), [
    /the run of 1 retention job stands still/,
    /a plan of 2 retention jobs waits for more than three days/,
  ]);
  t.match(retentionTroubles({ ...well, late: 2, clockProblem: 'jumped' }), [/confirmed/]);
  t.end();
});

import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import {
  type Retained,
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

/** What a review of retention found, each story told as it went wrong. */

const onceAYear = '0 0 1 1 *';

async function passDays(retained: Retained, days: number): Promise<void> {
  // In steps that the guard of the clock takes for time that passes.
  for (let passed = 0; passed < days; passed += 0.9) {
    retained.clock.pass(0.9 * dayMs);
    await retained.tick();
  }
}

const content = Buffer.from('content');

// A job of 30 days was there when WAYBILL_RETENTION_DAYS_MIN was raised to 90: it went on to destroy after 30, and could
// not even be disabled, as its days were refused.
t.test('a floor that is raised holds for jobs that were there before', async (t) => {
  const retained = await openRetained(t);
  const { exchange } = retained;
  const client = await exchange.connect(amy);
  await client.put('/outgoing/x.csv', content);
  const job = await createJob(retained, { olderThanDays: 30 });
  await retained.tick();
  retained.restart({ limits: { ...limits, retentionSharePercentMax: 100, retentionDaysMin: 90 } });
  await passDays(retained, 40);
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
  t.equal((await newestRun(retained, job.id)).rule.olderThanDays, 90);
  const { jobs } = retained.retention;
  await t.rejects(jobs.change(petra, job.id, { olderThanDays: 60 }), { code: 'field-invalid' });
  t.equal((await jobs.change(petra, job.id, { enabled: false })).enabled, false);
  await t.rejects(jobs.change(petra, job.id, { enabled: true }), { code: 'field-invalid' });
});

t.test('a run that began before the floor was raised goes no further', async (t) => {
  const retained = await openRetained(t);
  const client = await retained.exchange.connect(amy);
  await client.put('/outgoing/x.csv', content);
  await passDays(retained, 35);
  const job = await createJob(retained, { needsApproval: true, schedule: onceAYear });
  const { runs } = retained.retention;
  const run = await runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  await retained.retention.stop();
  const raised = { ...limits, retentionSharePercentMax: 100, retentionDaysMin: 90 };
  const after = retained.restart({ limits: raised });
  await t.rejects(after.runs.approve(petra, job.id, run.id), { code: 'conflict' });
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
});

// An administrator saw the mistake while the run was still looking for files, set the job to ten years and disabled it;
// the run went on by the former rule, and purged.
t.test('a job that is corrected while a run of it is planned takes that back', async (t) => {
  for (const change of [{ olderThanDays: 3650 }, { path: '/outgoing/other/**' }]) {
    const retained = await openRetained(t);
    const client = await retained.exchange.connect(amy);
    await client.mkdir('/outgoing/other');
    await client.put('/outgoing/x.csv', content);
    await passDays(retained, 3);
    const job = await createJob(retained, { olderThanDays: 1, schedule: onceAYear });
    const { runs, jobs } = retained.retention;
    await runs.start(olga, job.id, { dryRun: false });
    await jobs.change(olga, job.id, change);
    await retained.retention.idle();
    const run = await newestRun(retained, job.id);
    t.match(run, { state: 'cancelled', error: 'the job was changed while the run was planned' });
    t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
  }
});

t.test('nor goes one on that its schedule began, and that was disabled meanwhile', async (t) => {
  let between = async () => {};
  const retained = await openRetained(t, { parts: { rest: () => between() } });
  const client = await retained.exchange.connect(amy);
  await client.put('/outgoing/x.csv', content);
  const job = await createJob(retained, { olderThanDays: 1 });
  await retained.tick();
  retained.clock.pass(0.9 * dayMs);
  await retained.tick();
  retained.clock.pass(0.9 * dayMs);
  between = async () => {
    if ((await newestRun(retained, job.id)).state !== 'planning') return;
    await retained.retention.jobs.change(olga, job.id, { enabled: false });
  };
  await retained.tick();
  t.match(await newestRun(retained, job.id), {
    state: 'cancelled',
    error: 'the job was disabled while the run was planned',
  });
  t.same(await pathsIn(retained, 'alameda'), ['outgoing/x.csv']);
});

// olga set a rule that needed no approval; petra had it need one. That made petra the one who had set it: she was refused,
// and olga approved her own rule alone.
t.test('who has a job ask for approval has not set what it takes', async (t) => {
  const narrowing = [
    { needsApproval: true },
    { olderThanDays: 2, needsApproval: true },
    { targets: ['previous-version'], keepVersions: 3, needsApproval: true },
  ] as const;
  for (const change of narrowing) {
    const retained = await openRetained(t, { limits: { retentionSharePercentMax: 0 } });
    const client = await retained.exchange.connect(amy);
    for (let times = 0; times < 6; times += 1) await client.put('/outgoing/x.csv', content);
    await passDays(retained, 4);
    const targets = ['file', 'previous-version'] as const;
    const job = await createJob(retained, { olderThanDays: 1, schedule: onceAYear, targets });
    await retained.retention.jobs.change(petra, job.id, change);
    const { runs } = retained.retention;
    const run = await runs.start(petra, job.id, { dryRun: false });
    await retained.retention.idle();
    await t.rejects(runs.approve(olga, job.id, run.id), { code: 'approval-not-allowed' });
  }
});

t.test('who has it take more has', async (t) => {
  const retained = await openRetained(t);
  const client = await retained.exchange.connect(amy);
  await client.put('/outgoing/x.csv', content);
  await passDays(retained, 4);
  const job = await createJob(retained, { needsApproval: true, schedule: onceAYear });
  await retained.retention.jobs.change(petra, job.id, { olderThanDays: 1 });
  const { runs } = retained.retention;
  const run = await runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  await t.rejects(runs.approve(petra, job.id, run.id), { code: 'approval-not-allowed' });
});

// A plan of one file was approved. With it went an upload to its name that had been broken off: 70,000 bytes that no plan
// had named, and no certificate told of.
t.test('what somebody can go on with is never destroyed along with a file', async (t) => {
  const retained = await openRetained(t);
  const client = await retained.exchange.connect(amy);
  await client.put('/outgoing/x.csv', content);
  const other = await retained.exchange.connect(amy);
  const handle = await other.open('/outgoing/x.csv', 0x1a);
  await other.write(handle, 0, Buffer.alloc(70_000));
  await other.drop();
  await passDays(retained, 40);
  const job = await createJob(retained, { schedule: onceAYear });
  const { runs } = retained.retention;
  await runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  const [left] = await itemsOf(retained, (await newestRun(retained, job.id)).id);
  t.match(left, { target: 'file', state: 'busy', reason: /partial-upload in its targets/ });
  t.same(await certificatesOf(retained), []);

  const all = { schedule: onceAYear, name: 'all', targets: ['file', 'partial-upload'] as const };
  const both = await createJob(retained, all);
  await runs.start(olga, both.id, { dryRun: false });
  await retained.retention.idle();
  const made = (await certificatesOf(retained)).map(({ target, size }) => [target, size]);
  t.same(made, [
    ['partial-upload', 70_000],
    ['file', content.length],
  ]);
  t.same(await pathsIn(retained, 'alameda'), []);
});

// V1 and V2 were to go with the content, by a rule for files. A hold came upon V2: so V2 stayed, and the content, and V1 was
// destroyed though the file was still there.
t.test('an earlier version goes with its file or not at all', async (t) => {
  const retained = await openRetained(t);
  const client = await retained.exchange.connect(amy);
  for (let number = 0; number < 3; number += 1) {
    await client.put('/outgoing/x.csv', Buffer.from(`v${number}`));
    retained.clock.pass(1_000);
  }
  await passDays(retained, 3);
  const fields = { olderThanDays: 1, schedule: onceAYear, needsApproval: true };
  const job = await createJob(retained, fields);
  const { runs, holds } = retained.retention;
  const run = await runs.start(olga, job.id, { dryRun: false });
  await retained.retention.idle();
  t.equal((await itemsOf(retained, run.id)).length, 3);
  const [youngest] = await retained.exchange.database.read(({ query }) =>
    query
      .selectFrom('versions')
      .select('received_at')
      .where('replaced_at', 'is not', null)
      .orderBy('received_at', 'desc')
      .execute(),
  );
  await holds.place(petra, {
    agency: 'alameda',
    receivedFromMs: youngest!.received_at,
    receivedUntilMs: youngest!.received_at + 1,
    reason: 'case 1',
    authority: 'court',
  });
  await runs.approve(petra, job.id, run.id);
  await retained.retention.idle();
  t.same(
    (await itemsOf(retained, run.id)).map(({ target, state }) => [target, state]),
    [
      ['previous-version', 'kept'],
      ['previous-version', 'held'],
      ['file', 'kept'],
    ],
  );
  t.same(await certificatesOf(retained), []);
});

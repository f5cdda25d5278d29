/** A plan that takes a large share of anything waits for an administrator. */
import t from 'tap';
import { isShare } from '../../server/retention/plan-share.ts';
import {
  amy,
  createJob,
  dayMs,
  newestRun,
  olga,
  openRetained,
  petra,
} from './fixtures/retained.ts';

t.test('of earlier versions and of partial uploads as of files', async (t) => {
  // Only what names hold was counted: a rule for earlier versions destroyed all that there were, and asked nobody.
  const retained = await openRetained(t, {
    limits: { retentionSharePercentMax: 50, retentionUnaskedMin: 2 },
  });
  const { clock, exchange } = retained;
  const client = await exchange.connect(amy);
  const yearly = { schedule: '0 0 1 1 *', olderThanDays: 30 };
  const previous = await createJob(retained, {
    ...yearly,
    name: 'versions',
    targets: ['previous-version'],
  });
  const partials = await createJob(retained, {
    ...yearly,
    name: 'partials',
    targets: ['partial-upload'],
  });
  const leavePartial = async (name: string) => {
    const other = await exchange.connect(amy);
    const handle = await other.open(`/outgoing/${name}`, 0x1a);
    await other.write(handle, 0, Buffer.alloc(70_000));
    await other.drop();
  };
  const putAll = async (count: number) => {
    for (let version = 0; version < count; version += 1) {
      await client.put('/outgoing/x.csv', Buffer.from(`${version}`));
      clock.pass(1_000);
    }
  };
  await putAll(4);
  for (const name of ['a', 'b', 'c']) await leavePartial(name);
  for (let day = 0; day < 35; day += 1) {
    clock.pass(dayMs);
    await retained.tick();
  }
  const run = async (job: typeof previous) => {
    await retained.retention.runs.start(olga, job.id, { dryRun: false });
    await retained.retention.idle();
    return newestRun(retained, job.id);
  };
  for (const job of [previous, partials]) {
    const waits = await run(job);
    t.match(waits, { state: 'planned', waitsFor: 'share', planned: { files: 3 } }, job.name);
    await retained.retention.runs.cancel(petra, job.id, waits.id);
  }
  // Those of before, with what was the content then, are less than half now.
  await putAll(6);
  for (const name of ['d', 'e', 'f', 'g']) await leavePartial(name);
  t.match(await run(previous), { state: 'done', purged: { files: 4 } });
  t.match(await run(partials), { state: 'done', purged: { files: 3 } });
});

t.test('a few of what is no file go unasked', (t) => {
  const limits = { retentionSharePercentMax: 50, retentionUnaskedMin: 100 };
  const none = { file: 0, 'previous-version': 0, 'partial-upload': 0 };
  for (const target of ['previous-version', 'partial-upload'] as const) {
    const all = (count: number) =>
      isShare({ ...none, [target]: count }, { ...none, [target]: count }, limits);
    t.notOk(all(100), `100 of 100: ${target}`);
    t.ok(all(101), `101 of 101: ${target}`);
    t.notOk(isShare({ ...none, [target]: 101 }, { ...none, [target]: 202 }, limits));
  }
  t.ok(isShare({ ...none, file: 1 }, { ...none, file: 1 }, limits));
  t.end();
});

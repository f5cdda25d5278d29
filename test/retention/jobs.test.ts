import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import type { JobFields } from '../../server/retention/views.ts';
import { amy, createJob, dayMs, nightly, olga, openRetained, petra } from './fixtures/retained.ts';

t.test('a job is made, changed and removed, each with its row', async (t) => {
  const retained = await openRetained(t);
  const { exchange, clock } = retained;
  await exchange.login(amy);
  const { jobs } = retained.retention;
  const job = await createJob(retained, {
    schedule: ' 0  2 * * * ',
    targets: ['previous-version', 'file'],
  });
  t.match(job, { ...nightly, targets: ['file', 'previous-version'], lastRun: null });
  t.same(
    job.nextRunsMs.map((ms) => new Date(ms).toISOString()),
    [8, 9, 10, 11, 12].map((day) => `2030-01-${String(day).padStart(2, '0')}T02:00:00.000Z`),
  );
  t.same(await jobs.get(job.id), job);
  t.same(await exchange.database.read((reader) => jobs.find(reader, job.id)), job);

  clock.pass(1_000);
  const changed = await jobs.change(petra, job.id, { olderThanDays: 60, enabled: false });
  t.match(changed, { olderThanDays: 60, enabled: false, nextRunsMs: [], updatedAtMs: clock.now() });
  clock.pass(1_000);
  const same = await jobs.change(petra, job.id, { olderThanDays: 60 });
  t.equal(same.updatedAtMs, changed.updatedAtMs, 'what changes nothing is no change');

  await jobs.remove(olga, job.id);
  await t.rejects(jobs.get(job.id), { code: 'not-found' });
  await t.rejects(jobs.change(olga, job.id, { enabled: true }), { code: 'not-found' });
  t.same((await jobs.list({ limit: 10 })).items, []);
  await createJob(retained, {});
  const rows = await exchange.events({ event: 'retention-job.changed.1' });
  t.match(rows, [
    {
      agency: 'alameda',
      job: job.id,
      actor: { keyId: 'petra' },
      before: { olderThanDays: 30, enabled: true },
      after: { olderThanDays: 60, enabled: false },
    },
  ]);
  t.equal((await exchange.events({ event: 'retention-job.created.1' })).length, 2);
  t.match(await exchange.events({ event: 'retention-job.removed.1' }), [
    { job: job.id, before: { name: 'nightly' }, after: null },
  ]);
});

t.test('what is wrong with a job is told by its field', async (t) => {
  const retained = await openRetained(t, { limits: { retentionDaysMin: 7 } });
  await retained.exchange.login(amy);
  const cases: readonly (readonly [Partial<JobFields>, string, RegExp])[] = [
    [{ name: '' }, '/name', /text of 1 to/],
    [{ agency: 'atlantis' }, '/agency', /the code of an agency/],
    [{ path: 'outgoing' }, '/path', /a pattern such as/],
    [{ path: '/outgoing/../x' }, '/path', /a pattern such as/],
    [{ path: '/outgoign/**' }, '/path', /\/outgoign is none in the tree of alameda/],
    [{ path: '/outgoing/smiht.csv' }, '/path', /smiht.csv is no file in the tree of alameda/],
    [{ agency: null, path: '/a/b/*.csv' }, '/path', /\/a\/b is none in any tree/],
    [{ olderThanDays: 0 }, '/olderThanDays', /a whole number from 7 to 36525$/],
    [{ olderThanDays: -3 }, '/olderThanDays', /a whole number from 7 to/],
    [{ olderThanDays: 1.5 }, '/olderThanDays', /a whole number/],
    [{ olderThanDays: 6 }, '/olderThanDays', /for 7 days at least \(WAYBILL_RETENTION_DAYS_MIN\)/],
    [{ olderThanDays: 40_000 }, '/olderThanDays', /a whole number/],
    [{ clock: 'lunar' as 'received' }, '/clock', /one of received, collected/],
    [{ targets: [] }, '/targets', /at least one of/],
    [{ targets: ['directory' as 'file'] }, '/targets', /at least one of/],
    [{ keepVersions: -1 }, '/keepVersions', /a whole number from 0 to 100/],
    [{ keepVersions: 1 }, '/keepVersions', /0, as \/targets has no previous-version/],
    [{ schedule: '0 0 30 2 *' }, '/schedule', /some day matches/],
    [{ timezone: 'Mars' }, '/timezone', /a time zone such as/],
  ];
  for (const [fields, pointer, message] of cases)
    await t.rejects(
      createJob(retained, fields),
      { code: 'field-invalid', pointer, message },
      JSON.stringify(fields),
    );
  const job = await createJob(retained);
  await t.rejects(createJob(retained), { code: 'name-used', pointer: '/name' });
  const other = await createJob(retained, { name: 'other', path: '/**' });
  await t.rejects(retained.retention.jobs.change(olga, other.id, { name: 'nightly' }), {
    code: 'name-used',
  });
  for (const [fields, pointer] of cases)
    if (fields.agency === undefined)
      await t.rejects(retained.retention.jobs.change(olga, job.id, fields), {
        code: 'field-invalid',
        pointer,
      });
  t.same((await retained.retention.jobs.get(job.id)).updatedAtMs, job.updatedAtMs);
});

t.test('jobs are listed by name, in pages and by agency, and are not without number', async (t) => {
  const retained = await openRetained(t, { limits: { retentionJobsMax: 4 } });
  await retained.exchange.login(amy);
  await retained.exchange.login({ username: 'ben', agency: 'butte' });
  for (const [name, agency] of [
    ['c', 'alameda'],
    ['a', null],
    ['d', 'butte'],
    ['b', 'alameda'],
  ] as const)
    await createJob(retained, { name, agency });
  const { jobs } = retained.retention;
  const namesOf = async (listing: { after?: string | null; agency?: string }) => {
    const { items, next } = await jobs.list({ limit: 3, ...listing });
    return [...items.map(({ name }) => name), next];
  };
  t.same(await namesOf({}), ['a', 'b', 'c', 'c']);
  t.same(await namesOf({ after: 'c' }), ['d', null]);
  t.same(await namesOf({ agency: 'alameda' }), ['b', 'c', null]);
  await t.rejects(createJob(retained, { name: 'e' }), { code: 'conflict', message: /4 retention/ });
});

t.test('a schedule that is changed or switched on makes up for nothing', async (t) => {
  const retained = await openRetained(t);
  await retained.exchange.login(amy);
  const { retention, clock } = retained;
  const job = await createJob(retained, { enabled: false });
  clock.pass(5 * dayMs);
  await retention.jobs.change(olga, job.id, { enabled: true });
  await retained.tick();
  t.equal((await retention.jobs.get(job.id)).lastRun, null);
  clock.pass(dayMs);
  await retention.jobs.change(olga, job.id, { schedule: '0 3 * * *' });
  await retained.tick();
  t.equal((await retention.jobs.get(job.id)).lastRun, null);
  clock.pass(dayMs);
  await retained.tick();
  t.match((await retention.jobs.get(job.id)).lastRun, { state: 'done', cause: 'missed' });
  t.equal(limits.retentionJobsMax, 1_000);
});

t.test('a job of a time zone that this Node does not know can be switched off', async (t) => {
  const retained = await openRetained(t);
  const { retention, exchange } = retained;
  const job = await createJob(retained, { agency: null, path: '/**' });
  await exchange.database.write(({ query }) =>
    query.updateTable('retention_jobs').set({ timezone: 'Mars/Phobos' }).execute(),
  );
  const changed = await retention.jobs.change(olga, job.id, { enabled: false, name: 'off' });
  t.match(changed, { enabled: false, name: 'off', timezone: 'Mars/Phobos' });
  for (const change of [{ enabled: true }, { schedule: '0 4 * * *' }, { timezone: 'Mars/Deimos' }])
    await t.rejects(retention.jobs.change(olga, job.id, change), {
      code: 'field-invalid',
      pointer: '/timezone',
    });
  t.match(await retention.jobs.change(olga, job.id, { timezone: 'UTC', enabled: true }), {
    enabled: true,
  });
});

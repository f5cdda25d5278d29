import { parse } from 'node:path';
import t from 'tap';
import { protectedActions } from '../../admin-api/two-person.ts';
import { host, openApi, upload, withAnn } from './fixtures/api.ts';
import { destroyInButte } from './fixtures/butte.ts';

const job = { name: 'old', path: '/outgoing/**', olderThanDays: 30, schedule: '0 3 * * *' };

t.test(
  'a key that is bound to an agency has the jobs, runs and certificates of its own',
  async (t) => {
    const world = await openApi(t);
    const { call, adminKeys, accounts, retention } = world;
    await withAnn(world);
    await accounts.createAgency(host, { code: 'butte', name: 'Butte County', kind: 'lcsa' });
    await upload(world, '/outgoing/a.csv', Buffer.from('a'));
    const made = { name: 'bound', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
    const { secret } = await adminKeys.createAdminKey(host, { ...made, agency: 'alpine' });
    const bound = { key: secret };
    const own = await call('POST', '/v1/retention-jobs', { ...job, name: 'own' }, bound);
    t.match(own, { status: 201, body: { agency: 'alpine' } }, 'its agency is filled in');
    for (const agency of [null, 'butte'])
      t.match(await call('POST', '/v1/retention-jobs', { ...job, agency }, bound), {
        status: 403,
        body: { code: 'agency-not-allowed' },
      });
    const others: string[] = [];
    for (const agency of [null, 'butte']) {
      const name = `of ${agency ?? 'all'}`;
      const { body } = await call('POST', '/v1/retention-jobs', { ...job, name, agency });
      others.push(body.id);
    }
    const listed = (await call('GET', '/v1/retention-jobs', undefined, bound)).body.items;
    t.strictSame(
      listed.map(({ name }: { name: string }) => name),
      ['own'],
    );
    for (const id of others) {
      const url = `/v1/retention-jobs/${id}`;
      const begun = await call('POST', `${url}/runs`, { dryRun: true });
      await retention.idle();
      const run = String(begun.headers['location']);
      for (const [method, path, body] of [
        ['GET', url],
        ['PATCH', url, { olderThanDays: 2 }],
        ['DELETE', url],
        ['GET', `${url}/runs`],
        ['POST', `${url}/runs`, { dryRun: true }],
        ['GET', run],
        ['GET', `${run}/items`],
        ['POST', `${run}/approval`],
        ['POST', `${run}/cancellation`],
        // The run of another job by way of its own.
        ['GET', `/v1/retention-jobs/${own.body.id}/runs/${parse(run).base}`],
        ['POST', `/v1/retention-jobs/${own.body.id}/runs/${parse(run).base}/approval`],
      ] as const)
        t.equal((await call(method, path, body, bound)).status, 404, `${method} ${path}`);
    }
    t.strictSame((await call('GET', '/v1/retention-runs', undefined, bound)).body.items, []);
    t.equal((await call('GET', '/v1/certificates?agency=butte', undefined, bound)).status, 403);
    t.equal((await call('GET', '/v1/retention-report?agency=butte', undefined, bound)).status, 403);
    t.equal((await call('GET', '/v1/retention-report', undefined, bound)).status, 200);
    t.equal((await call('GET', '/v1/retention-clock', undefined, bound)).status, 200);
    t.match(
      await call('POST', '/v1/retention-clock/confirmation', { reason: 'mine' }, bound),
      { status: 403, body: { code: 'agency-not-allowed' } },
      'the clock is of all',
    );
  },
);

// Before, there was no certificate of another agency that the key could have been shown.
t.test('what another agency destroyed, and what it is to, is not there', async (t) => {
  const world = await openApi(t);
  const { call, adminKeys } = world;
  await withAnn(world);
  await upload(world, '/outgoing/a.csv', Buffer.from('a'));
  const { certificate } = await destroyInButte(world);
  const settings = { name: 'bound', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
  const { secret } = await adminKeys.createAdminKey(host, { ...settings, agency: 'alpine' });
  const bound = { key: secret };
  const url = `/v1/certificates/${certificate}`;
  for (const form of ['', '/text', '/signature', '?format=html', '?format=json']) {
    t.equal((await call('GET', `${url}${form}`)).status, 200, `${form}: it is there`);
    const { status, text } = await call('GET', `${url}${form}`, undefined, bound);
    t.equal(status, 404, form);
    t.notMatch(text, 'butte');
  }
  for (const list of [
    '/v1/certificates',
    '/v1/certificates/export',
    '/v1/certificates/export?format=csv',
    '/v1/certificates/export?format=html',
    '/v1/retention-report',
    '/v1/retention-report?format=html',
  ]) {
    const [all, own] = [await call('GET', list), await call('GET', list, undefined, bound)];
    t.match(all, { status: 200, text: /butte/ }, `${list} has it`);
    t.equal(own.status, 200, list);
    t.notMatch(own.text, 'butte', list);
  }
  const report = (await call('GET', '/v1/retention-report', undefined, bound)).body;
  t.match(report.oldest, [{ agency: 'alpine' }]);
});

t.test('runs that take two administrators: a dry one takes one', async (t) => {
  const world = await openApi(t, { twoPersonActions: ['retention-jobs.runs.create'] });
  const { call, retention } = world;
  await withAnn(world);
  const asked = await call('POST', '/v1/retention-jobs', job);
  t.match(
    asked,
    { status: 202, body: { action: 'retention-jobs.create' } },
    'a schedule runs, too',
  );
  const second = { key: await world.keyWith(['*']) };
  const approved = await call(
    'POST',
    `${String(asked.headers['location'])}/approval`,
    undefined,
    second,
  );
  const url = String(approved.body.answer.location);
  const dry = await call('POST', `${url}/runs`, { dryRun: true });
  t.match(dry.headers['location'], /\/runs\//);
  await retention.idle();
  const real = await call('POST', `${url}/runs`, { dryRun: false });
  t.match(real, { status: 202, body: { action: 'retention-jobs.runs.create', state: 'pending' } });
  const round = await call('POST', `${String(dry.headers['location'])}/approval`);
  t.match(round, { status: 202, body: { action: 'retention-jobs.runs.approval.create' } });
  t.match(await call('PATCH', url, { olderThanDays: 2 }), {
    status: 202,
    body: { action: 'retention-jobs.change' },
  });
});

// `files.delete` took two, and one alone destroyed the earlier versions of a file one by one; and the other way round.
t.test('what destroys content leads round the rest that does', (t) => {
  const destroying = ['files.delete', 'files.versions.delete'];
  for (const action of destroying) {
    const actions = protectedActions([action]);
    for (const other of [...destroying, 'retention-jobs.create', 'retention-jobs.change'])
      t.ok(actions.has(other), `${action} brings ${other}`);
  }
  t.end();
});

t.test('each scope opens its own', async (t) => {
  const { call, keyWith } = await openApi(t);
  const reader = { key: await keyWith(['retention:read']) };
  t.equal((await call('GET', '/v1/retention-jobs', undefined, reader)).status, 200);
  t.equal((await call('POST', '/v1/retention-jobs', job, reader)).status, 403);
  const writer = { key: await keyWith(['retention:write']) };
  const made = await call('POST', '/v1/retention-jobs', { ...job, path: '/**' }, writer);
  t.equal(made.status, 201, made.text);
  const runs = `${String(made.headers['location'])}/runs`;
  t.equal((await call('POST', runs, { dryRun: true }, writer)).status, 403);
  const runner = { key: await keyWith(['retention:run']) };
  t.equal((await call('POST', runs, { dryRun: true }, runner)).status, 202);
});

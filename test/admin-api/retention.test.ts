import { parse } from 'node:path';
import t, { type Test } from 'tap';
import { noteEvidenceKey } from '../../server/signing/evidence-key.ts';
import { openApi, upload, withAnn, type World } from './fixtures/api.ts';

const dayMs = 24 * 60 * 60_000;

const job = {
  name: 'old reports',
  agency: 'alpine',
  path: '/outgoing/**',
  olderThanDays: 90,
  schedule: '30 2 * * *',
  timezone: 'America/Los_Angeles',
};

/** Two old files and a young one. */
async function openWorld(t: Test, changes: Parameters<typeof openApi>[1] = {}): Promise<World> {
  const world = await openApi(t, changes);
  await noteEvidenceKey(world.parts, world.evidenceKey);
  await withAnn(world);
  await upload(world, '/outgoing/a.csv', Buffer.from('the first'));
  await upload(world, '/outgoing/=b,"c".csv', Buffer.from('the second one'));
  world.clock.nowMs += 100 * dayMs;
  // Time that has passed is not a clock that jumped.
  await world.retention.clock.read();
  await upload(world, '/outgoing/young.csv', Buffer.from('young'));
  return world;
}

async function makeJob({ call }: World, more: object = {}): Promise<string> {
  const made = await call('POST', '/v1/retention-jobs', { ...job, ...more });
  if (made.status !== 201) throw new Error(made.text);
  return String(made.headers['location']);
}

async function startRun(world: World, jobUrl: string, dryRun: boolean, key?: string) {
  const begun = await world.call(
    'POST',
    `${jobUrl}/runs`,
    { dryRun },
    key === undefined ? {} : { key },
  );
  if (begun.status !== 202) throw new Error(begun.text);
  await world.retention.idle();
  return String(begun.headers['location']);
}

t.test(
  'a job: made, shown with its next runs in its zone, changed by its ETag, removed',
  async (t) => {
    const world = await openWorld(t);
    const { call } = world;
    const url = await makeJob(world);
    const shown = await call('GET', url);
    t.match(shown.body, {
      ...job,
      clock: 'received',
      targets: ['file'],
      keepVersions: 0,
      enabled: true,
      needsApproval: false,
      lastRun: null,
    });
    t.equal(shown.body.nextRuns.length, 5);
    // 100 days after new year's day: summer time.
    t.match(shown.body.nextRuns[0], /^2030-04-\d\dT02:30:00-07:00$/);
    const etag = String(shown.headers['etag']);
    t.equal(
      (await call('GET', url, undefined, { headers: { 'if-none-match': etag } })).status,
      304,
    );
    const changed = await call(
      'PATCH',
      url,
      { olderThanDays: 30 },
      { headers: { 'if-match': etag } },
    );
    t.match(changed, { status: 200, body: { olderThanDays: 30 } });
    const late = await call('PATCH', url, { olderThanDays: 1 }, { headers: { 'if-match': etag } });
    t.match(late, { status: 412, body: { code: 'precondition-failed' } });
    await startRun(world, url, true);
    const settings = (text: unknown) => String(text).split('.')[0];
    const after = await call('GET', url);
    t.equal(after.body.lastRun.state, 'planned');
    t.equal(
      settings(after.headers['etag']),
      settings(changed.headers['etag']),
      'a run changes no settings',
    );
    t.match(await call('PATCH', url, { agency: 'alpine' }), { status: 400 }, 'its agency stays');
    t.equal((await call('DELETE', url)).status, 204);
    t.equal((await call('GET', url)).status, 404);
  },
);

t.test('what is wrong with a job names the field and what is accepted', async (t) => {
  const world = await openWorld(t);
  const { call } = world;
  for (const [wrong, pointer] of [
    [{ olderThanDays: 0 }, '/olderThanDays'],
    [{ olderThanDays: -3 }, '/olderThanDays'],
    [{ olderThanDays: 1.5 }, '/olderThanDays'],
    [{ schedule: '99 * * * *' }, '/schedule'],
    [{ schedule: '0 0 30 2 *' }, '/schedule'],
    [{ timezone: 'Mars/Olympus' }, '/timezone'],
    [{ path: 'outgoing' }, '/path'],
    [{ path: '/nowhere/at/all/*' }, '/path'],
    [{ targets: [] }, '/targets'],
    [{ clock: 'sent' }, '/clock'],
    [{ name: 'two\nlines' }, '/name'],
    [{ agency: 'nobody' }, '/agency'],
  ] as const) {
    const { status, body } = await call('POST', '/v1/retention-jobs', { ...job, ...wrong });
    t.equal(status, 400, JSON.stringify(wrong));
    t.equal(body.errors[0]?.pointer, pointer, JSON.stringify(body));
    t.ok(body.errors[0]?.detail.length > 0);
  }
  await makeJob(world);
  t.match(await call('POST', '/v1/retention-jobs', job), {
    status: 409,
    body: { code: 'name-used' },
  });
});

t.test('the story: dry run, plan, approval by another, certificates', async (t) => {
  const world = await openWorld(t);
  const { call, keyWith } = world;
  const other = await keyWith(['*']);
  const url = await makeJob(world, { needsApproval: true, targets: ['file', 'previous-version'] });
  const dry = await startRun(world, url, true);
  t.match((await call('GET', dry)).body, {
    state: 'planned',
    dryRun: true,
    waitsFor: null,
    planned: { files: 2, bytes: 23 },
    purged: { files: 0 },
  });
  const paged = await call('GET', `${dry}/items?limit=1`);
  t.equal(paged.body.items.length, 1);
  t.match(paged.body.items[0], { path: '/outgoing/a.csv', state: 'planned', target: 'file' });
  const rest = await call('GET', `${dry}/items?limit=1&cursor=${paged.body.nextCursor}`);
  t.equal(rest.body.items[0].path, '/outgoing/=b,"c".csv');
  t.equal(rest.body.nextCursor, null);
  const csv = await call('GET', `${dry}/items`, undefined, { headers: { accept: 'text/csv' } });
  t.match(csv.headers['content-type'], 'text/csv');
  t.equal(csv.text.split('\r\n').length, 4, 'a head, two rows and the end of the last');
  t.match(csv.text, '"/outgoing/=b,""c"".csv"');
  t.match(await call('GET', `${dry}/items?format=csv&limit=3`), { status: 400 });

  const run = await startRun(world, url, false);
  const waiting = await call('GET', run);
  t.match(waiting.body, { state: 'planned', waitsFor: 'approval', dryRun: false });
  t.match(await call('POST', `${url}/runs`, { dryRun: false }), {
    status: 409,
    body: { code: 'conflict', detail: new RegExp(parse(run).base) },
  });
  t.match(await call('POST', `${run}/approval`), {
    status: 403,
    body: { code: 'approval-not-allowed' },
  });
  const seen = { key: other, headers: { 'if-match': String(waiting.headers['etag']) } };
  t.match(await call('POST', `${run}/approval`, undefined, seen), { status: 200 });
  await world.retention.idle();
  const done = (await call('GET', run)).body;
  t.match(done, { state: 'done', purged: { files: 2, bytes: 23 }, failed: 0, progress: 1 });
  t.match(await call('POST', `${run}/approval`, undefined, { key: other }), { status: 409 });
  t.match(await call('POST', `${run}/cancellation`), { status: 409 });
  const left = (await call('GET', '/v1/files?agency=alpine&path=/outgoing')).body.items;
  t.strictSame(
    left.map(({ name }: { name: string }) => name),
    ['young.csv'],
  );

  const { items } = (await call('GET', `/v1/certificates?runId=${done.id}`)).body;
  t.equal(items.length, 2);
  const one = items.find(({ path }: { path: string }) => path === '/outgoing/a.csv');
  t.match(one, { agency: 'alpine', size: 9, jobName: 'old reports', runId: done.id });
  t.match(one.requestedBy, { kind: 'admin' });
  t.equal((await call('GET', `/v1/certificates?sha256=${one.sha256}`)).body.items.length, 1);
  t.equal((await call('GET', '/v1/certificates?path=/outgoing/none')).body.items.length, 0);
  const whole = (await call('GET', `/v1/certificates/${one.id}`)).body;
  t.strictSame(JSON.parse(whole.text), whole.certificate);
  t.equal((await call('GET', `/v1/certificates/${one.id}/text`)).text, whole.text);
  t.equal((await call('GET', `/v1/certificates/${one.id}/signature`)).text, whole.signature);
  t.match((await call('GET', '/v1/allowed-signers')).text, world.evidenceKey.publicKeyLine);
  const page = await call('GET', `/v1/certificates/${one.id}?format=html`);
  t.match(page.headers, { 'content-security-policy': /default-src 'none'/ });
  t.match(page.text, '/outgoing/a.csv');
  t.notMatch(page.text, /<script|src=|@import|https?:\/\//);
});

t.test('certificates are exported as lines, CSV and a page, by the same filters', async (t) => {
  const world = await openWorld(t);
  const { call } = world;
  const url = await makeJob(world);
  const run = await startRun(world, url, false);
  // Two of three files are more than the share that goes by itself.
  t.match((await call('GET', run)).body, { state: 'planned', waitsFor: 'share' });
  t.equal((await call('POST', `${run}/approval`)).status, 200, 'anybody with the scope');
  await world.retention.idle();
  const lines = (await call('GET', '/v1/certificates/export')).text.trim().split('\n');
  t.equal(lines.length, 2);
  for (const line of lines) t.match(JSON.parse(line), { certificate: { agency: 'alpine' } });
  const csv = await call('GET', '/v1/certificates/export?format=csv&path=/outgoing/a.csv');
  t.equal(csv.text.trim().split('\r\n').length, 2);
  const none = await call('GET', '/v1/certificates/export?format=ndjson&agency=amador');
  t.equal(none.text, '');
  const pageOfRun = await call(
    'GET',
    `/v1/certificates/export?format=html&runId=${parse(run).base}`,
  );
  t.match(pageOfRun.text, '<h1>Record of destruction</h1>');
  const pageOfAll = await call('GET', '/v1/certificates/export', undefined, {
    headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
  });
  t.match(pageOfAll.text, '<h1>Certificates of destruction</h1>');
  t.match(pageOfAll.text, '=b,&quot;c&quot;.csv', 'escaped');
  t.match(await call('GET', '/v1/certificates/export?from=yesterday'), { status: 400 });
});

t.test(
  'a run is cancelled; the list of all runs; an ETag that is old approves nothing',
  async (t) => {
    const world = await openWorld(t);
    const { call } = world;
    const url = await makeJob(world, { needsApproval: true });
    const run = await startRun(world, url, false);
    const stale = { headers: { 'if-match': '"AAAAAAAAAAAAAAAAAAAAAA"' } };
    t.match(await call('POST', `${run}/cancellation`, undefined, stale), { status: 412 });
    t.match(await call('POST', `${run}/cancellation`), {
      status: 200,
      body: { state: 'cancelled' },
    });
    world.clock.nowMs += 1;
    const again = await startRun(world, url, true);
    const all = (await call('GET', '/v1/retention-runs?limit=1')).body;
    t.equal(
      `/v1/retention-jobs/${all.items[0].jobId}/runs/${all.items[0].id}`,
      again,
      'the newest first',
    );
    const next = (await call('GET', `/v1/retention-runs?cursor=${all.nextCursor}`)).body;
    t.match(next.items, [{ state: 'cancelled' }]);
    t.equal((await call('GET', `${url}/runs?state=cancelled`)).body.items.length, 1);
    t.match(await call('GET', `${url}/runs?state=gone`), { status: 400 });
    t.equal((await call('GET', `/v1/retention-jobs/nothing/runs/${parse(run).base}`)).status, 404);
  },
);

t.test('the same Idempotency-Key starts one run', async (t) => {
  const world = await openWorld(t);
  const url = await makeJob(world, { needsApproval: true });
  const headers = { 'idempotency-key': 'once' };
  const first = await world.call('POST', `${url}/runs`, { dryRun: false }, { headers });
  const again = await world.call('POST', `${url}/runs`, { dryRun: false }, { headers });
  t.equal(first.status, 202);
  t.equal(again.headers['location'], first.headers['location']);
  t.equal(again.headers['idempotency-replayed'], 'true');
  await world.retention.idle();
});

t.test(
  'the report as JSON and as a page; a clock that is well needs no confirmation',
  async (t) => {
    const world = await openWorld(t);
    const { call } = world;
    await makeJob(world);
    const report = (await call('GET', '/v1/retention-report')).body;
    t.match(report, { days: 30, overdue: [{ agency: 'alpine', files: 2, bytes: 23 }] });
    t.match(report.oldest, [{ agency: 'alpine', path: '/outgoing/a.csv' }]);
    t.match((await call('GET', '/v1/retention-report?days=91')).body.expiring, [
      { agency: 'alpine', byDay: [{ files: 1, bytes: 5 }] },
    ]);
    const page = await call('GET', '/v1/retention-report?days=91&format=html');
    t.match(page.text, /<svg viewBox[^>]+role="img"/);
    t.notMatch(page.text, /<script|style="|https?:\/\//);
    t.equal((await call('GET', '/v1/retention-report?days=0')).status, 400);
    t.match((await call('GET', '/v1/retention-clock')).body, { problem: null });
    t.match(await call('POST', '/v1/retention-clock/confirmation', { reason: 'checked' }), {
      status: 409,
      body: { code: 'conflict' },
    });
  },
);

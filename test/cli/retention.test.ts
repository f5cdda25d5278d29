import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { generateHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import { allowedSigners, openEvidenceKey } from '../../server/signing/evidence-key.ts';
import { fakeApi, type Answer, type FakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

async function serve(t: Test, answers: Record<string, Answer>): Promise<FakeApi> {
  const api = await fakeApi(answers);
  t.teardown(() => api.close());
  return api;
}

const jobId = '0197f3a1c2d40197f3a1c2d40197f3a1';
const runId = '0197f3a1c2d50197f3a1c2d50197f3a1';
const job = {
  id: jobId,
  name: 'old reports',
  agency: null,
  path: '/outgoing/**',
  olderThanDays: 90,
  timezone: 'America/Los_Angeles',
  enabled: true,
  needsApproval: true,
  nextRuns: ['2030-02-01T02:30:00-08:00', '2030-02-02T02:30:00-08:00'],
  lastRun: { id: runId, state: 'done' },
};
const run = {
  id: runId,
  jobId,
  jobName: 'old reports',
  cause: 'administrator',
  dryRun: false,
  state: 'planning',
  waitsFor: null as string | null,
  rule: {
    agency: null,
    path: '/outgoing/**',
    olderThanDays: 90,
    clock: 'received',
    targets: ['file'],
    keepVersions: 0,
  },
  requestedBy: { kind: 'admin', keyId: 'k', name: 'records' },
  approvedBy: null,
  cancelledBy: null,
  createdAt: '2030-01-31T09:15:00.000Z',
  planned: { files: 2, bytes: 2_000_000 },
  purged: { files: 0, bytes: 0 },
  held: 0,
  skipped: 0,
  failed: 0,
  progress: 0,
  error: null as string | null,
};
const page = (items: unknown[]) => ({ json: { items, nextCursor: null } });
const listJobs = 'GET /v1/retention-jobs?limit=500';
const listRuns = 'GET /v1/retention-runs?limit=500';
const ofRun = `/v1/retention-jobs/${jobId}/runs/${runId}`;

t.test('a job is made of what was given, and nothing else', async (t) => {
  const api = await serve(t, { 'POST /v1/retention-jobs': { status: 201, json: job } });
  const made = await waybill(
    [
      ['retention-job', 'create', '--name', 'old reports', '--path', '/outgoing/**'],
      ['--older-than', '90', '--schedule', '30 2 * * *', '--keep-versions', '0'],
      ['--target', 'file,previous-version', '--approval', '--disable'],
    ].flat(),
    api,
  );
  t.equal(made.status, 0, made.err);
  t.match(made.out, /agency: +all/);
  t.match(made.out, new RegExp(`lastRun: +done \\(${runId}\\)`));
  t.strictSame(api.seen[0]?.body, {
    name: 'old reports',
    path: '/outgoing/**',
    olderThanDays: 90,
    targets: ['file', 'previous-version'],
    keepVersions: 0,
    schedule: '30 2 * * *',
    enabled: false,
    needsApproval: true,
  });
});

t.test('a job is found by its name or id; what is no change is wrong use', async (t) => {
  const api = await serve(t, {
    [listJobs]: page([job]),
    [`GET /v1/retention-jobs/${jobId}`]: { json: job },
    [`PATCH /v1/retention-jobs/${jobId}`]: { json: job },
    [`DELETE /v1/retention-jobs/${jobId}`]: { status: 204 },
  });
  const listed = await waybill(['retention-job', 'list'], api);
  t.match(
    listed.out,
    /old reports +all +\/outgoing\/\*\* +90 +yes +2030-02-01T02:30:00-08:00 +done/,
  );
  const next = await waybill(['retention-job', 'next', 'old reports'], api);
  t.equal(next.out, `${job.nextRuns.join('\n')}\n`);
  t.match(next.err, 'America/Los_Angeles');
  t.equal((await waybill(['retention-job', 'show', jobId], api)).status, 0);
  const changed = await waybill(
    ['retention-job', 'change', jobId, '--no-approval', '--enable', '--older-than', '30'],
    api,
  );
  t.equal(changed.status, 0, changed.err);
  t.strictSame(api.seen.at(-1)?.body, { olderThanDays: 30, enabled: true, needsApproval: false });
  t.equal((await waybill(['retention-job', 'change', jobId], api)).status, 2);
  t.equal((await waybill(['retention-job', 'remove', 'old reports'], api)).status, 0);
  const none = await waybill(['retention-job', 'show', 'other'], api);
  t.equal(none.status, 1);
  t.match(none.err, "no retention job 'other'");
});

t.test('start --wait ends with the run, and its exit status tells how', async (t) => {
  for (const [end, status, words] of [
    [{ state: 'done', purged: { files: 2, bytes: 2_000_000 } }, 0, ''],
    [{ state: 'planned', waitsFor: 'approval' }, 4, 'waits for another administrator'],
    [{ state: 'planned', waitsFor: 'share' }, 4, 'so much of what there is'],
    [{ state: 'failed', error: 'the disk is full' }, 1, 'the disk is full'],
    [{ state: 'cancelled' }, 1, 'is cancelled'],
  ] as const) {
    const api = await serve(t, {
      [`POST /v1/retention-jobs/${jobId}/runs`]: { status: 202, json: run },
      [`GET ${ofRun}`]: { json: { ...run, ...end } },
    });
    const started = await waybill(['retention-run', 'start', jobId, '--wait'], api);
    t.equal(started.status, status, JSON.stringify(end));
    t.match(started.err, words);
    t.match(started.out, new RegExp(`state: +${end.state}`));
    t.strictSame(api.seen[0]?.body, { dryRun: false });
  }
});

t.test('runs are shown, listed, approved and cancelled by their id alone', async (t) => {
  const planned = { ...run, state: 'planned', waitsFor: 'approval' };
  const api = await serve(t, {
    [listRuns]: page([planned]),
    'GET /v1/retention-runs?state=planned&limit=500': page([planned]),
    [`GET ${ofRun}`]: { json: planned, headers: { etag: '"seen.now"' } },
    [`POST ${ofRun}/approval`]: { json: { ...run, state: 'approved' } },
    [`POST ${ofRun}/cancellation`]: { json: { ...run, state: 'cancelled' } },
    [`GET ${ofRun}/items?state=held&limit=500`]: page([
      {
        ordinal: 0,
        target: 'file',
        agency: 'alameda',
        path: '/outgoing/\u001b[2J.csv',
        size: 9,
        clockAt: '2029-10-31T09:15:02.000Z',
        state: 'held',
        reason: 'Smith v. Alameda',
      },
    ]),
    [`GET ${ofRun}/items?format=csv`]: { bytes: Buffer.from('ordinal\r\n0\r\n') },
  });
  const listed = await waybill(['retention-run', 'list', '--state', 'planned'], api);
  t.match(listed.out, 'planned, waits (approval)');
  t.match(
    (await waybill(['retention-run', 'show', runId], api)).out,
    /rule: +file of all agencies in \/outgoing\/\*\*, 90 days after received\n[^]*planned: +2 items, 2 MB/,
  );
  const items = await waybill(['retention-run', 'items', runId, '--state', 'held'], api);
  t.match(items.out, '\\u001b[2J.csv', 'a name steers no terminal');
  const csv = await waybill(['retention-run', 'items', runId, '--csv'], api);
  t.equal(csv.out, 'ordinal\r\n0\r\n');
  t.equal((await waybill(['retention-run', 'approve', runId], api)).status, 0);
  t.match(
    api.seen.at(-1),
    { url: `${ofRun}/approval`, headers: { 'if-match': '"seen.now"' } },
    'what was asked about, and nothing that came after',
  );
  t.match((await waybill(['retention-run', 'cancel', runId], api)).out, /state: +cancelled/);
  t.equal((await waybill(['retention-run', 'show', 'nothing'], api)).status, 1);
});

// The question said what the plan had come to by then; what was approved was all that it came to.
t.test('what is still being planned, or is over, is not approved', async (t) => {
  for (const state of ['planning', 'running', 'cancelled']) {
    const api = await serve(t, {
      [listRuns]: page([run]),
      [`GET ${ofRun}`]: { json: { ...run, state }, headers: { etag: '"a"' } },
      [`POST ${ofRun}/approval`]: { json: { ...run, state: 'approved' } },
    });
    const approved = await waybill(['retention-run', 'approve', runId, '--yes'], api);
    t.equal(approved.status, 1, state);
    t.match(approved.err, `the run is ${state}`);
    t.notOk(
      api.seen.some(({ method }) => method === 'POST'),
      'nothing is sent',
    );
  }
});

// `--wait` looked at the same number for as long as nobody thought of the clock.
t.test('who waits is told that the clock is why nothing goes on', async (t) => {
  for (const [problem, words] of [
    ['jumped', /stands still: the clock has to be confirmed/],
    [null, /^(?![^]*stands still)/],
  ] as const) {
    const answers: Record<string, Answer> = {
      [`POST /v1/retention-jobs/${jobId}/runs`]: { status: 202, json: run },
      [`GET ${ofRun}`]: { json: run },
    };
    // Once the clock was looked at, it goes on.
    Object.defineProperty(answers, 'GET /v1/retention-clock', {
      get: () => {
        answers[`GET ${ofRun}`] = { json: { ...run, state: 'done', progress: 1 } };
        return { json: { problem } };
      },
    });
    const api = await serve(t, answers);
    const started = await waybill(['retention-run', 'start', jobId, '--wait'], api);
    t.equal(started.status, 0, started.err);
    t.match(started.err, words);
  }
});

t.test('the report and the clock', async (t) => {
  const api = await serve(t, {
    'GET /v1/retention-report?format=json': {
      json: {
        at: '2030-01-31T09:15:00.000Z',
        days: 30,
        expiring: [{ agency: 'alameda', byDay: [{ day: '2030-02-03', files: 3, bytes: 3_000 }] }],
        overdue: [{ agency: 'butte', files: 1, bytes: 9 }],
        oldest: [
          { agency: 'alameda', path: '/outgoing/a', receivedAt: '2029-01-01T00:00:00.000Z' },
        ],
      },
    },
    'GET /v1/retention-report?days=7&format=html': { bytes: Buffer.from('<!doctype html>') },
    'GET /v1/retention-clock': { json: { problem: 'jumped', now: '2030-01-31T09:15:00.000Z' } },
    'POST /v1/retention-clock/confirmation': { json: { problem: null } },
  });
  const report = await waybill(['retention', 'report'], api);
  t.match(report.out, /alameda +3 +3 kB +2030-02-03 +- +- +2029-01-01 00:00:00Z +\/outgoing\/a/);
  t.match(report.out, /butte +- +- +- +1 +9 B/);
  const html = await waybill(['retention', 'report', '--days', '7', '--html'], api);
  t.equal(html.out, '<!doctype html>');
  const clock = await waybill(['retention', 'clock'], api);
  t.equal(clock.status, 1);
  t.match(clock.err, 'confirm-clock');
  t.equal((await waybill(['retention', 'confirm-clock'], api)).status, 2, 'a reason is needed');
  const confirmed = await waybill(['retention', 'confirm-clock', '--reason', 'checked'], api);
  t.equal(confirmed.status, 0);
  t.strictSame(api.seen.at(-1)?.body, { reason: 'checked' });
});

t.test('certificates are verified on this machine', async (t) => {
  const key = openEvidenceKey(hostKeySigner(generateHostKey()));
  const text = '{"id":"c1","path":"/outgoing/a","purgedAt":"2026-11-22T10:15:30.123Z"}';
  const signed = {
    certificate: JSON.parse(text) as object,
    text,
    signature: key.sign('destruction', text),
  };
  const line = `{"certificate":${text},"signature":${JSON.stringify(signed.signature)}}\n`;
  const directory = t.testdir({
    'good.ndjson': line + line,
    'bad.ndjson': line + line.replace('/outgoing/a', '/outgoing/b') + 'nonsense\n',
    empty: '',
    mine: allowedSigners([
      { publicKeyLine: key.publicKeyLine, fromMs: Date.UTC(2020, 0, 1), untilMs: null },
    ]),
  });
  const file = (name: string) => join(directory, name);
  const api = await serve(t, {
    'GET /v1/certificates/c1?format=json': { json: signed },
    'GET /v1/allowed-signers': {
      bytes: Buffer.from(
        allowedSigners([
          { publicKeyLine: key.publicKeyLine, fromMs: Date.UTC(2020, 0, 1), untilMs: null },
        ]),
      ),
    },
    'GET /v1/certificates/export?runId=r&format=ndjson': { bytes: Buffer.from(line) },
  });
  const one = await waybill(['certificate', 'verify', 'c1'], api);
  t.equal(one.status, 0, one.err);
  t.equal(one.out, 'good c1 /outgoing/a\n');
  const output = join(directory, 'c1.json');
  t.equal((await waybill(['certificate', 'show', 'c1', '-o', output], api)).status, 0);
  t.equal(readFileSync(output, 'utf8'), text, 'to the byte');
  const asked = api.seen.length;
  const own = ['--allowed-signers', file('mine')];
  const good = await waybill(['certificate', 'verify', output, file('good.ndjson'), ...own], api);
  t.equal(good.status, 0, good.err);
  t.match(good.err, '3 good');
  const bad = await waybill(['certificate', 'verify', file('bad.ndjson'), ...own], api);
  t.equal(bad.status, 1);
  t.match(bad.out, /^good c1 \/outgoing\/a\nBAD {2}c1 \/outgoing\/b: .*altered\nBAD {2}no id: /);
  const json = await waybill(['--json', 'certificate', 'verify', file('bad.ndjson'), ...own], api);
  t.match(JSON.parse(json.out), [{ id: 'c1', good: true }, { good: false }, { id: null }]);
  t.equal((await waybill(['certificate', 'verify', file('empty'), ...own], api)).status, 1);
  t.equal(api.seen.length, asked, 'nobody is asked');
  writeFileSync(file('mine'), 'waybill ssh-ed25519 AAAA\n');
  t.equal((await waybill(['certificate', 'verify', output, ...own], api)).status, 1);

  // A text that is no JSON ended all, and what came after it was not looked at.
  const torn = line.replace(/"signature":"/, '"signature":"\\q');
  writeFileSync(file('torn.ndjson'), torn + line);
  const beside = await waybill(['certificate', 'verify', file('torn.ndjson')], api);
  t.equal(beside.status, 1);
  t.match(beside.out, /^BAD {2}[^\n]*\ngood c1 \/outgoing\/a\n$/);
  // The certificate of one beside the signature of another.
  const other = join(directory, 'c2.json');
  writeFileSync(`${other}.sig`, 'of another');
  const half = await waybill(['certificate', 'show', 'c1', '-o', other], api);
  t.equal(half.status, 1);
  t.match(half.err, 'c2.json.sig exists');
  t.notOk(existsSync(other), 'nothing is written');
  const forced = await waybill(['certificate', 'show', 'c1', '-o', other, '--force'], api);
  t.equal(forced.status, 0, forced.err);
  t.equal(readFileSync(`${other}.sig`, 'utf8'), signed.signature);

  const exported = join(directory, 'out.ndjson');
  const first = await waybill(['certificate', 'export', '--run', 'r', '-o', exported], api);
  t.equal(first.status, 0, first.err);
  t.equal(readFileSync(exported, 'utf8'), line);
  t.equal((await waybill(['certificate', 'export', '--run', 'r', '-o', exported], api)).status, 1);
});

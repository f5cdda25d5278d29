import t from 'tap';
import type { Test } from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import type { Answer, FakeApi } from './fixtures/fake-api.ts';
import { now, waybill } from './fixtures/run.ts';

async function serve(t: Test, answers: Record<string, Answer>): Promise<FakeApi> {
  const api = await fakeApi(answers);
  t.teardown(() => api.close());
  return api;
}

const hold = {
  id: '0197f3a1c2d4',
  agency: 'alameda',
  path: '/outgoing/**',
  file: null,
  receivedFrom: null,
  receivedUntil: null,
  reason: 'Smith v. Alameda',
  authority: 'case 24-1183',
  until: null,
  state: 'standing',
  createdAt: '2030-01-01T00:00:00.000Z',
  placedBy: { kind: 'admin', keyId: 'k', name: 'records' },
  liftedBy: null,
};

void t.test('list is a table of what each is on', async (t) => {
  const items = [
    hold,
    {
      ...hold,
      id: '2',
      path: null,
      file: 'f1',
      until: '2031-01-31T00:00:00.000Z',
      reason: '\u001b[2J',
    },
    {
      ...hold,
      id: '3',
      agency: null,
      path: null,
      receivedFrom: '2029-01-01T00:00:00.000Z',
      receivedUntil: '2029-07-01T00:00:00.000Z',
    },
  ];
  const url = '/v1/holds?agency=alameda&state=standing&limit=500';
  const api = await serve(t, { [`GET ${url}`]: { json: { items, nextCursor: null } } });
  const args = ['hold', 'list', '--agency', 'alameda', '--state', 'standing'];
  const run = await waybill(args, api);
  t.equal(run.status, 0, run.err);
  const lines = run.out.split('\n');
  t.match(lines[0], /^ID +STATE +ON +REASON +AUTHORITY +PLACED +UNTIL$/);
  t.match(lines[1], /^0197f3a1c2d4 +standing +alameda \/outgoing\/\*\* .* lifted$/);
  t.match(lines[2], / file f1 +\\u001b\[2J .* 2031-01-31 00:00:00Z$/);
  t.match(
    lines[3],
    / all agencies, received from 2029-01-01 00:00:00Z, received before 2029-07-01 00:00:00Z /,
  );
  const json = await waybill(['--json', ...args], api);
  t.strictSame(JSON.parse(json.out), items);
});

void t.test('place sends what was said, and nothing else', async (t) => {
  const api = await serve(t, { 'POST /v1/holds': { status: 201, json: hold } });
  const said = ['--reason', 'Smith v. Alameda', '--authority', 'case 24-1183'];
  const words = { reason: 'Smith v. Alameda', authority: 'case 24-1183' };
  for (const [options, sent] of [
    [
      ['--agency', 'alameda', '--path', 'outgoing/**', '--until', '30d'],
      {
        agency: 'alameda',
        path: '/outgoing/**',
        until: new Date(now + 30 * 86_400_000).toISOString(),
      },
    ],
    [['--file', 'f1', '--until', 'never'], { file: 'f1', until: null }],
    [
      ['--received-from', '2029-01-01', '--received-until', '7d'],
      {
        receivedFrom: '2029-01-01T00:00:00.000Z',
        receivedUntil: new Date(now - 7 * 86_400_000).toISOString(),
      },
    ],
  ] as const) {
    const run = await waybill(['hold', 'place', ...options, ...said], api);
    t.equal(run.status, 0, run.err);
    t.strictSame(api.seen.at(-1)?.body, { ...sent, ...words });
    t.match(run.out, /^reason: +Smith v\. Alameda$/m);
  }
  const wrong = await waybill(['hold', 'place', '--agency', 'alameda', '--reason', 'x'], api);
  t.match(wrong, { status: 2, err: /--authority/ });
});

void t.test('show, change and lift', async (t) => {
  const lifted = { ...hold, state: 'lifted', liftReason: 'settled' };
  const api = await serve(t, {
    'GET /v1/holds/h%2F1': { json: hold },
    'PATCH /v1/holds/h1': { json: hold },
    'POST /v1/holds/h1/lifting': { json: lifted },
    'POST /v1/holds/h2/lifting': {
      status: 409,
      json: { code: 'conflict', detail: 'the hold is expired; place another where one is needed' },
    },
  });
  t.match(await waybill(['hold', 'show', 'h/1'], api), { status: 0, out: /^until: +-$/m });
  const change = ['hold', 'change', 'h1', '--reason', 'x', '--until', 'never'];
  t.equal((await waybill(change, api)).status, 0);
  t.strictSame(api.seen.at(-1)?.body, { reason: 'x', until: null });
  t.match(await waybill(['hold', 'lift', 'h1', '--reason', 'settled'], api), {
    status: 0,
    out: /^state: +lifted$/m,
  });
  t.strictSame(api.seen.at(-1)?.body, { reason: 'settled' });
  t.match(await waybill(['hold', 'lift', 'h1'], api), { status: 2, err: /--reason/ });
  t.match(await waybill(['hold', 'lift', 'h2', '--reason', 'x'], api), {
    status: 1,
    err: /the hold is expired/,
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIWtjVDAR1mDVwEHo5tG4DVZcFVnI1fXV0v7dlZXb8P amy';
const csv = '\ufeffusername,agency,displayName\r\namy,alameda,"Ortiz, Amy"\r\n';

const report = {
  dryRun: false,
  atomic: false,
  applied: true,
  rows: 3,
  created: 1,
  unchanged: 1,
  refused: 1,
  items: [
    { row: 2, username: 'amy', outcome: 'created', keysAdded: 2, problem: null },
    { row: 3, username: 'ben', outcome: 'unchanged', keysAdded: 0, problem: null },
    {
      row: 4,
      username: '=cmd()\u001b[2J',
      outcome: 'refused',
      keysAdded: 0,
      problem: {
        code: 'field-invalid',
        detail: 'a field is not valid',
        errors: [
          { pointer: '/username', detail: '2 to 32 letters' },
          { pointer: '/agency', detail: 'the code of an agency' },
        ],
      },
    },
  ],
};

void t.test('import sends the file as it is, and shows what became of each row', async (t) => {
  const file = join(t.testdir(), 'users.csv');
  writeFileSync(file, csv);
  const url = '/v1/users/imports?dryRun=false&atomic=false';
  const api = await serve(t, { [`POST ${url}`]: { json: report } });
  const run = await waybill(['user', 'import', file], api);
  t.match(api.seen, [{ url, headers: { 'content-type': 'text/csv' } }]);
  t.equal(api.seen[0]?.body, csv, 'byte for byte');
  t.equal(run.status, 1, 'a row was refused');
  t.equal(
    run.out,
    [
      'ROW  USERNAME         OUTCOME    KEYS  PROBLEM',
      '  2  amy              created       2  -',
      '  3  ben              unchanged     -  -',
      '  4  =cmd()\\u001b[2J  refused       -  username: 2 to 32 letters; agency: the code of an agency',
      '',
    ].join('\n'),
  );
  t.equal(run.err, '1 created, 1 unchanged, 1 refused\nwaybill: 1 of 3 rows refused\n');
  const json = await waybill(['user', 'import', file, '--json'], api);
  t.same(JSON.parse(json.out), report);
  t.equal(json.status, 1);
});

void t.test('a dry run, all or none, another format, stdin, and what cannot be read', async (t) => {
  const file = join(t.testdir(), 'users.ndjson');
  writeFileSync(file, '{"username":"amy"}\n');
  const url = '/v1/users/imports?dryRun=true&atomic=true';
  const good = { ...report, applied: false, refused: 0, items: report.items.slice(0, 2) };
  const api = await serve(t, {
    [`POST ${url}`]: { json: good },
    'POST /v1/users/imports?dryRun=false&atomic=false': {
      status: 503,
      json: { title: 't', detail: 'another import is under way', code: 'unavailable' },
    },
  });
  const run = await waybill(['user', 'import', file, '--dry-run', '--atomic'], api);
  t.equal(run.status, 0, run.err);
  t.match(api.seen[0]?.headers, { 'content-type': 'application/x-ndjson' });
  t.match(run.err, /a dry run: nothing was changed/);
  const typed = await waybill(['user', 'import', '-', '--format', 'ndjson'], {
    ...api,
    stdin: '{"username":"ben"}\n',
  });
  t.equal(api.seen[1]?.body, '{"username":"ben"}\n');
  t.match(typed, { status: 1, err: /another import is under way/ });
  t.match(await waybill(['user', 'import', `${file}.no`], api), { status: 2, err: /cannot read/ });
  t.match(await waybill(['user', 'import', file, '--format', 'xlsx'], api), { status: 2 });
  t.equal(api.seen.length, 2);
});

void t.test('rotate and change find the key by its fingerprint', async (t) => {
  const old = { id: '0a', fingerprint: 'SHA256:old', expiresAt: '2026-11-29T12:00:00.000Z' };
  const added = { id: '0b', fingerprint: 'SHA256:new', label: 'amy' };
  const api = await serve(t, {
    'GET /v1/users/amy/keys?limit=500': { json: { items: [old], nextCursor: null } },
    'POST /v1/users/amy/keys/0a/rotations': {
      status: 201,
      json: { added, replaced: old },
    },
    'PATCH /v1/users/amy/keys/0a': { json: old },
    'GET /v1/users/amy/keys/0a': { json: old },
  });
  const file = join(t.testdir(), 'new.pub');
  writeFileSync(file, `${publicKey}\n`);
  const run = await waybill(
    ['key', 'rotate', 'amy', 'SHA256:old', file, '--overlap', '14', '--expires', '365d'],
    api,
  );
  t.equal(run.status, 0, run.err);
  t.same(api.seen[1]?.body, {
    publicKey,
    overlapDays: 14,
    expiresAt: new Date(now + 365 * 86_400_000).toISOString(),
  });
  t.match(run.out, /^id: +0b\n/);
  t.equal(run.err, 'SHA256:old works until 2026-11-29 12:00:00Z\n');
  const json = await waybill(['key', 'rotate', 'amy', '0a', file, '--overlap', '0', '--json'], api);
  t.same(api.seen[2]?.body, { publicKey, overlapDays: 0 });
  t.same(JSON.parse(json.out), { added, replaced: old });
  const changed = await waybill(
    ['key', 'change', 'amy', '0a', '--label', '', '--expires', 'never'],
    api,
  );
  t.equal(changed.status, 0, changed.err);
  t.same(api.seen[3]?.body, { label: '', expiresAt: null });
  t.equal((await waybill(['key', 'show', 'amy', '0a'], api)).status, 0);
  t.match(await waybill(['key', 'change', 'amy', '0a'], api), { status: 2, err: /nothing to/ });
  t.match(await waybill(['key', 'rotate', 'amy', '0a', file, '--overlap', '-1'], api), {
    status: 2,
  });
  writeFileSync(file, '-----BEGIN OPENSSH PRIVATE KEY-----\n');
  t.match(await waybill(['key', 'rotate', 'amy', '0a', file], api), {
    status: 2,
    err: /private key, and it was not sent/,
  });
  t.equal(api.seen.length, 5);
});

void t.test('reports and lists ask with what they are given', async (t) => {
  const key = {
    username: 'amy',
    agency: 'alameda',
    type: 'ssh-ed25519',
    bits: 256,
    fingerprint: 'SHA256:x',
    label: 'l',
    expiresAt: null,
    lastUsedAt: null,
  };
  const page = { json: { items: [key], nextCursor: null } };
  const none = { json: { items: [], nextCursor: null } };
  const api = await serve(t, {
    'GET /v1/keys?state=expiring&days=14&agency=alameda&limit=500': page,
    'GET /v1/keys?fingerprint=SHA256%3Ax&limit=500': none,
    [`GET /v1/users?prefix=b&sort=-lastLoginAt&lastLoginBefore=${encodeURIComponent(new Date(now - 120 * 86_400_000).toISOString())}&lockedOnly=true&limit=500`]:
      none,
    'GET /v1/agencies?kind=lcsa&sort=-name&limit=500': none,
  });
  const lines: readonly (readonly string[])[] = [
    ['key', 'report', '--state', 'expiring', '--days', '14', '--agency', 'alameda'],
    ['key', 'report', '--fingerprint', 'SHA256:x'],
    [
      'user',
      'list',
      '--prefix',
      'b',
      '--sort',
      '-lastLoginAt',
      '--unused-since',
      '120d',
      '--locked',
    ],
    ['agency', 'list', '--kind', 'lcsa', '--sort', '-name'],
  ];
  for (const line of lines) {
    const run = await waybill(line, api);
    t.equal(run.status, 0, `${line.join(' ')}: ${run.err}`);
  }
  const { out } = await waybill(lines[0]!, api);
  t.match(
    out,
    /^USERNAME +AGENCY .*\namy +alameda +ssh-ed25519 +256 +SHA256:x +l +never +never\n$/,
  );
  t.equal((await waybill(['key', 'report', '--state', 'old'], api)).status, 2);
  t.equal((await waybill(['user', 'list', '--sort', 'name'], api)).status, 2);
});

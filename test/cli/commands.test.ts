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

void t.test('add sends the fields that were given, and the key as a bearer', async (t) => {
  const api = await serve(t, {
    'POST /v1/users': { status: 201, json: { username: 'amy', agency: 'alameda' } },
  });
  const run = await waybill(
    [
      'user',
      'add',
      'amy',
      '--agency',
      'alameda',
      '--name',
      'Amy Ortiz',
      '--login-method',
      'publickey,password',
      '--login-method',
      'publickey',
      '--cidr',
      '192.0.2.0/24',
      '--cidr',
      '2001:db8::/32',
      '--expires',
      '7d',
      '--quota',
      '10GB',
      '--max-sessions',
      '4',
      '--permission',
      '/outgoing=list,read',
      '--permission',
      '/a=b=',
    ],
    api,
  );
  t.equal(run.status, 0, run.err);
  t.equal(run.out, 'username: amy\nagency:   alameda\n');
  t.match(api.seen, [
    {
      method: 'POST',
      url: '/v1/users',
      headers: { authorization: 'Bearer wb_test_secret', 'content-type': 'application/json' },
    },
  ]);
  t.same(api.seen[0]?.body, {
    username: 'amy',
    agency: 'alameda',
    displayName: 'Amy Ortiz',
    loginMethods: [['publickey', 'password'], ['publickey']],
    allowedCidrs: ['192.0.2.0/24', '2001:db8::/32'],
    expiresAt: new Date(now + 7 * 86_400_000).toISOString(),
    quotaBytes: 10_000_000_000,
    maxSessions: 4,
    permissions: [
      { path: '/outgoing', allow: ['list', 'read'] },
      { path: '/a=b', allow: [] },
    ],
  });
});

void t.test('change takes limits away', async (t) => {
  const api = await serve(t, { 'PATCH /v1/users/amy': { json: { username: 'amy' } } });
  const run = await waybill(
    [
      'user',
      'change',
      'amy',
      '--quota',
      'none',
      '--expires',
      'never',
      '--permission',
      'default',
      '--cidr',
      'any',
    ],
    api,
  );
  t.equal(run.status, 0, run.err);
  t.same(api.seen[0]?.body, {
    quotaBytes: null,
    expiresAt: null,
    permissions: null,
    allowedCidrs: [],
  });
  const nothing = await waybill(['user', 'change', 'amy'], api);
  t.equal(nothing.status, 2);
  t.equal(api.seen.length, 1);
});

void t.test('each verb asks for its resource', async (t) => {
  const calls: readonly (readonly [argv: string, request: string, body?: object])[] = [
    [
      'agency add kern --kind lcsa --name Kern',
      'POST /v1/agencies',
      { code: 'kern', name: 'Kern', kind: 'lcsa' },
    ],
    ['agency show kern', 'GET /v1/agencies/kern'],
    ['agency change kern --name K', 'PATCH /v1/agencies/kern', { name: 'K' }],
    ['agency remove kern', 'DELETE /v1/agencies/kern'],
    ['user show amy', 'GET /v1/users/amy'],
    ['user disable amy', 'PATCH /v1/users/amy', { status: 'disabled' }],
    ['user enable amy', 'PATCH /v1/users/amy', { status: 'active' }],
    ['user unlock amy', 'DELETE /v1/users/amy/lock'],
    ['ban lift 192.0.2.1', 'DELETE /v1/bans/192.0.2.1'],
    ['ban lift 2001:db8:0:1::/64', 'DELETE /v1/bans/2001%3Adb8%3A0%3A1%3A%3A%2F64'],
    ['user remove amy --yes', 'DELETE /v1/users/amy'],
    ['user remove-password amy', 'DELETE /v1/users/amy/password'],
    ['key remove amy 0123', 'DELETE /v1/users/amy/keys/0123'],
    ['session end s/1', 'DELETE /v1/sessions/s%2F1'],
    ['session show s1', 'GET /v1/sessions/s1'],
    ['transfer show t1', 'GET /v1/transfers/t1'],
    ['admin-key show abc', 'GET /v1/admin-keys/abc'],
    ['admin-key change abc --cidr any', 'PATCH /v1/admin-keys/abc', { allowedCidrs: [] }],
    ['admin-key rotate abc', 'POST /v1/admin-keys/abc/rotations', {}],
    [
      'admin-key rotate abc --overlap 2h',
      'POST /v1/admin-keys/abc/rotations',
      { overlapSeconds: 7200 },
    ],
    ['change show c1', 'GET /v1/pending-changes/c1'],
    ['change approve c1', 'POST /v1/pending-changes/c1/approval', {}],
    ['change reject c1', 'POST /v1/pending-changes/c1/rejection', {}],
    ['forwarder show syslog', 'GET /v1/forwarders/syslog'],
    ['forwarder pause syslog', 'PATCH /v1/forwarders/syslog', { paused: true }],
    ['forwarder resume syslog', 'PATCH /v1/forwarders/syslog', { paused: false }],
    ['forwarder resend syslog --after 0', 'PATCH /v1/forwarders/syslog', { lastSeq: 0 }],
    [
      'file mkdir alameda incoming/2030',
      'POST /v1/files',
      { agency: 'alameda', path: '/incoming/2030', kind: 'directory' },
    ],
    ['admin-key remove abc', 'DELETE /v1/admin-keys/abc'],
    [
      'admin-key add --name n --scope users:read,users:write --expires 1h',
      'POST /v1/admin-keys',
      {
        name: 'n',
        scopes: ['users:read', 'users:write'],
        expiresAt: new Date(now + 3_600_000).toISOString(),
      },
    ],
  ];
  for (const [argv, request, body] of calls) {
    const api = await serve(t, {
      [request]: request.startsWith('DELETE') ? { status: 204 } : { json: { done: true } },
    });
    const run = await waybill(argv.split(' '), api);
    t.equal(run.status, 0, `${argv}: ${run.err}`);
    t.equal(`${api.seen[0]?.method} ${api.seen[0]?.url}`, request);
    t.same(api.seen[0]?.body, body);
  }
});

void t.test('a file to upload may be named by a link', async (t) => {
  // The reader is that of the backups, which follow no link: `file put` said ELOOP of whatever was one.
  const directory = t.testdir({
    'notice.pdf': 'a notice',
    link: t.fixture('symlink', 'notice.pdf'),
  });
  const url = '/v1/files/content?agency=alameda&path=%2Fincoming%2Flink';
  const api = await serve(t, { [`PUT ${url}`]: { status: 201, json: { name: 'link' } } });
  const run = await waybill(['file', 'put', 'alameda', `${directory}/link`], api);
  t.equal(run.status, 0, run.err);
  t.match(api.seen, [{ url, body: 'a notice' }]);
  const none = await waybill(['file', 'put', 'alameda', `${directory}/none`], api);
  t.match(none, { status: 1, err: /cannot read .*none: ENOENT/ });
});

void t.test('lists follow every page', async (t) => {
  const agency = (code: string) => ({
    code,
    name: code.toUpperCase(),
    kind: 'lcsa',
    createdAt: '2026-01-02T03:04:05.000Z',
  });
  const api = await serve(t, {
    'GET /v1/agencies?limit=500': { json: { items: [agency('alameda')], nextCursor: 'a b' } },
    'GET /v1/agencies?limit=500&cursor=a+b': {
      json: { items: [agency('kern')], nextCursor: null },
    },
  });
  const table = await waybill(['agency', 'list'], api);
  t.equal(
    table.out,
    'CODE     NAME     KIND  CREATED\nalameda  ALAMEDA  lcsa  2026-01-02 03:04:05Z\nkern     KERN     lcsa  2026-01-02 03:04:05Z\n',
  );
  const json = await waybill(['--json', 'agency', 'list'], api);
  t.same(JSON.parse(json.out), [agency('alameda'), agency('kern')]);
  const after = await waybill(['agency', 'list', '--json'], api);
  t.equal(after.out, json.out, 'global options may come last');
});

void t.test('an empty list says so, and not on stdout', async (t) => {
  const api = await serve(t, {
    'GET /v1/sessions?limit=500': { json: { items: [], nextCursor: null } },
  });
  t.match(await waybill(['session', 'list'], api), {
    status: 0,
    out: '',
    err: 'nobody is logged in\n',
  });
  t.same(await waybill(['session', 'list', '--json'], api), { status: 0, out: '[]\n', err: '' });
});

void t.test('bans and locks', async (t) => {
  const ban = {
    source: '192.0.2.1',
    reason: 'password-wrong',
    failures: 12,
    refusedConnections: 3,
    since: '2026-01-02T03:04:05.000Z',
    until: '2026-01-02T03:14:05.000Z',
  };
  const lock = {
    username: 'amy',
    agency: 'alameda',
    failedLogins: 10,
    lockedAt: '2026-01-02T03:04:05.000Z',
    lockedUntil: '2026-01-02T03:19:05.000Z',
  };
  const api = await serve(t, {
    'GET /v1/bans?limit=500': { json: { items: [ban], nextCursor: null } },
    'GET /v1/locks?limit=500': { json: { items: [lock], nextCursor: null } },
    'GET /v1/users/amy': { json: { username: 'amy', lockedUntil: lock.lockedUntil } },
    'GET /v1/users/bob': { json: { username: 'bob', lockedUntil: null } },
  });
  t.equal(
    (await waybill(['ban', 'list'], api)).out,
    'SOURCE     REASON          FAILURES  REFUSED  SINCE                 UNTIL\n192.0.2.1  password-wrong        12        3  2026-01-02 03:04:05Z  2026-01-02 03:14:05Z\n',
  );
  t.same(JSON.parse((await waybill(['ban', 'list', '--json'], api)).out), [ban]);
  t.equal(
    (await waybill(['user', 'locked'], api)).out,
    'USERNAME  AGENCY   FAILED  SINCE                 UNTIL\namy       alameda      10  2026-01-02 03:04:05Z  2026-01-02 03:19:05Z\n',
  );
  t.same(JSON.parse((await waybill(['user', 'locked', '--json'], api)).out), [lock]);
  t.match((await waybill(['user', 'show', 'amy'], api)).out, 'lockedUntil: 2026-01-02 03:19:05Z');
  t.match((await waybill(['user', 'show', 'bob'], api)).out, 'lockedUntil: not locked');
  const none = await serve(t, {
    'GET /v1/bans?limit=500': { json: { items: [], nextCursor: null } },
    'GET /v1/locks?limit=500': { json: { items: [], nextCursor: null } },
  });
  t.match(await waybill(['ban', 'list'], none), { out: '', err: 'no source is banned\n' });
  t.match(await waybill(['user', 'locked'], none), { out: '', err: 'nobody is locked\n' });
});

void t.test('audit search: filters, the newest rows, and word of more', async (t) => {
  const row = (seq: number) => ({
    seq,
    at: '2026-01-02T03:04:05.000Z',
    event: 'file.closed.1',
    outcome: 'success',
    reason: null,
    actor: { kind: 'user', username: 'amy' },
    agency: 'alameda',
    path: '/outgoing/a',
    size: 5_000_000,
    sha256: 'ab'.repeat(32),
  });
  const from = encodeURIComponent(new Date(now - 86_400_000).toISOString());
  const api = await serve(t, {
    [`GET /v1/audit?agency=alameda&from=${from}&limit=3`]: {
      json: { items: [row(3), row(2), row(1)], nextCursor: null },
    },
  });
  const run = await waybill(
    ['audit', 'search', '--agency', 'alameda', '--from', '24h', '--limit', '2'],
    api,
  );
  t.equal(run.status, 0, run.err);
  t.match(
    run.out,
    /3 {2}2026-01-02 03:04:05Z {2}amy {4}file.closed.1 {2}success {2}alameda:\/outgoing\/a size=5MB/,
  );
  t.equal(run.out.trim().split('\n').length, 3);
  t.match(run.err, 'there are older rows');
});

void t.test('audit verify fails with a bad chain', async (t) => {
  const answer = { ok: false, rows: 6, firstBadRow: 7, problem: 'the row was altered' };
  const api = await serve(t, { 'GET /v1/audit/verification': { json: answer } });
  const run = await waybill(['audit', 'verify', '--json'], api);
  t.equal(run.status, 1);
  t.same(JSON.parse(run.out), answer);
  t.match(run.err, 'row 7: the row was altered');
});

void t.test('key add reads a file or stdin, and never sends a private key', async (t) => {
  const api = await serve(t, { 'POST /v1/users/amy/keys': { status: 201, json: { id: '1' } } });
  const directory = t.testdir({
    'id.pub': `${publicKey}\n`,
    id: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n',
  });
  t.equal(
    (await waybill(['key', 'add', 'amy', `${directory}/id.pub`, '--label', 'L'], api)).status,
    0,
  );
  t.same(api.seen[0]?.body, { publicKey, label: 'L' });
  t.equal(
    (await waybill(['key', 'add', 'amy', '-'], { ...api, stdin: `${publicKey}\n` })).status,
    0,
  );
  t.same(api.seen[1]?.body, { publicKey });
  const refused = await waybill(['key', 'add', 'amy', `${directory}/id`], api);
  t.equal(refused.status, 2);
  t.match(refused.err, 'that is a private key, and it was not sent');
  t.equal(api.seen.length, 2);
});

void t.test('key remove finds a key by its fingerprint', async (t) => {
  const api = await serve(t, {
    'GET /v1/users/amy/keys?limit=500': {
      json: { items: [{ id: '9', fingerprint: 'SHA256:abc' }], nextCursor: null },
    },
    'DELETE /v1/users/amy/keys/9': { status: 204 },
  });
  t.equal((await waybill(['key', 'remove', 'amy', 'SHA256:abc'], api)).status, 0);
  t.equal((await waybill(['key', 'remove', 'amy', 'SHA256:xyz'], api)).status, 1);
});

void t.test(
  'a change that two administrators have to want is told as such, and not as done',
  async (t) => {
    const api = await serve(t, {
      'DELETE /v1/agencies/kern': {
        status: 202,
        headers: { location: '/v1/pending-changes/c1' },
        json: { id: 'c1', state: 'pending' },
      },
    });
    const run = await waybill(['agency', 'remove', 'kern'], api);
    t.equal(run.status, 4);
    t.match(run.err, /once a second administrator approves it[^]*waybill change approve c1/);
    t.notMatch(run.err, 'removed agency');
  },
);

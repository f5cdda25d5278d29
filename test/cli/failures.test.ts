import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

const main = join(import.meta.dirname, '../../cli/main.js');

void t.test('a refusal is one clear line and one for each field', async (t) => {
  const api = await fakeApi({
    'POST /v1/agencies': {
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      json: {
        title: 'Bad Request',
        status: 400,
        code: 'field-invalid',
        detail: 'a field is not valid',
        requestId: 'r1',
        errors: [
          { pointer: '/code', detail: '2 to 32 letters\u001b[2J' },
          { pointer: '/name', detail: 'text' },
        ],
      },
    },
    'PATCH /v1/users/amy': {
      status: 422,
      json: {
        detail: '/allowedCidrs/1: a block',
        code: 'field-invalid',
        errors: [{ pointer: '/allowedCidrs/1', detail: 'a block' }],
      },
    },
  });
  t.teardown(() => api.close());
  const run = await waybill(['agency', 'add', 'A', '--kind', 'lcsa', '--name', 'n'], api);
  t.equal(run.status, 1);
  t.equal(run.out, '');
  t.equal(
    run.err,
    'waybill: a field is not valid\n  code: 2 to 32 letters\\u001b[2J\n  --name: text\n',
  );
  const one = await waybill(['user', 'change', 'amy', '--cidr', 'x'], api);
  t.equal(
    one.err,
    'waybill: --cidr (number 2): a block\n',
    'the option that was typed, and the same thing once',
  );
});

void t.test('a change that the server puts off is not sent again', async (t) => {
  const answer = {
    status: 429,
    headers: { 'retry-after': '1', 'content-type': 'application/problem+json' },
    json: { title: 'Too Many Requests', status: 429, code: 'rate-exceeded', detail: 'too many' },
  };
  const api = await fakeApi({ 'POST /v1/agencies': answer });
  t.teardown(() => api.close());
  const run = await waybill(['agency', 'add', 'abc', '--kind', 'lcsa', '--name', 'n'], api);
  t.equal(run.status, 1);
  t.equal(run.err, 'waybill: too many\n  wait a moment and try again\n');
  t.equal(api.seen.length, 1);
});

void t.test('a wrong key says where to get another', async (t) => {
  const problem = {
    title: 'Unauthorized',
    status: 401,
    code: 'credentials-wrong',
    detail: 'the API key is not valid',
  };
  const api = await fakeApi({ 'GET /v1/users?limit=500': { status: 401, json: problem } });
  t.teardown(() => api.close());
  const run = await waybill(['user', 'list'], api);
  t.equal(run.status, 1);
  t.match(run.err, 'waybill: the API key is not valid\n');
  t.match(run.err, 'waybill admin-key issue');
});

void t.test('something else on the port is said to be that', async (t) => {
  const api = await fakeApi({
    'GET /v1/users?limit=500': {
      headers: { 'content-type': 'text/html' },
      bytes: Buffer.from('<html>'),
    },
    'GET /v1/users/amy': { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
  });
  t.teardown(() => api.close());
  for (const argv of [
    ['user', 'list'],
    ['user', 'show', 'amy'],
  ]) {
    const run = await waybill(argv, api);
    t.equal(run.status, 1);
    t.match(run.err, 'is --url right?');
  }
});

void t.test('no server: status 3 and what to do', async (t) => {
  const api = await fakeApi({});
  await api.close();
  const run = await waybill(['user', 'list'], api);
  t.equal(run.status, 3);
  t.match(
    run.err,
    /^waybill: cannot reach the server at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)\n {2}is it running\? start it with `waybill serve`/,
  );
});

void t.test('wrong use: status 2, and nothing is sent', async (t) => {
  const api = await fakeApi({});
  t.teardown(() => api.close());
  for (const argv of [
    [],
    ['nonsense'],
    ['user'],
    ['user', 'show'],
    ['user', 'show', 'a', 'b'],
    ['user', 'show', '..'],
    ['agency', 'add', 'x', '--name', 'n'],
    ['agency', 'add', 'x', '--name', 'n', '--kind', 'town'],
    ['user', 'change', 'amy', '--quota', '10G'],
    ['user', 'change', 'amy', '--expires', 'tomorrow'],
    ['user', 'change', 'amy', '--expires', '2020-01-01'],
    ['user', 'change', 'amy', '--login-method', 'magic'],
    ['user', 'change', 'amy', '--permission', 'outgoing=read'],
    ['user', 'change', 'amy', '--permission', 'default', '--permission', '/a=read'],
    ['user', 'change', 'amy', '--max-sessions', '0'],
    ['audit', 'search', '--from', '2026-01-01T00:00'],
    ['--url', 'ftp://x', 'user', 'list'],
    ['--url', 'http://user:secret@127.0.0.1/', 'user', 'list'],
    ['--key-file', '/nonexistent', 'user', 'list'],
  ]) {
    const run = await waybill(argv, api);
    t.equal(run.status, 2, `waybill ${argv.join(' ')}`);
    t.equal(run.out, '');
    t.not(run.err, '');
  }
  t.equal(api.seen.length, 0);
});

void t.test('where the API key comes from', async (t) => {
  const api = await fakeApi({ 'GET /v1/users/amy': { json: { username: 'amy' } } });
  t.teardown(() => api.close());
  const directory = t.testdir({
    key: 'wb_file\n',
    other: 'wb_other\n',
    data: { 'initial-admin-key': 'wb_initial\n' },
    bad: 'two words\n',
  });
  const env = { WAYBILL_URL: api.url, WAYBILL_DATA_DIR: `${directory}/data` };
  const keyUsed = async (argv: readonly string[], more: Record<string, string>) => {
    const run = await waybill([...argv, 'user', 'show', 'amy'], { env: { ...env, ...more } });
    t.equal(run.status, 0, run.err);
    return api.seen.at(-1)?.headers.authorization;
  };
  const all = { WAYBILL_API_KEY_FILE: `${directory}/other`, WAYBILL_API_KEY: 'wb_env' };
  t.equal(await keyUsed(['--key-file', `${directory}/key`], all), 'Bearer wb_file');
  t.equal(await keyUsed([], all), 'Bearer wb_other');
  t.equal(await keyUsed([], { WAYBILL_API_KEY: 'wb_env' }), 'Bearer wb_env');
  t.equal(await keyUsed([], {}), 'Bearer wb_initial');
  const none = await waybill(['user', 'show', 'amy'], {
    env: { ...env, WAYBILL_DATA_DIR: directory },
  });
  t.equal(none.status, 2);
  t.match(none.err, 'waybill admin-key issue');
  const bad = await waybill(['--key-file', `${directory}/bad`, 'user', 'show', 'amy'], { env });
  t.equal(bad.status, 2);
  t.notMatch(bad.err, 'two words');
});

void t.test('a key over plain HTTP to another machine is warned of', async (t) => {
  const run = await waybill(['user', 'list'], {
    env: { WAYBILL_URL: 'http://waybill.invalid:1', WAYBILL_API_KEY: 'wb_x' },
  });
  t.equal(run.status, 3);
  t.match(run.err, 'without encryption');
});

void t.test('the program itself', async (t) => {
  const spawned = (argv: readonly string[]) =>
    spawnSync(process.execPath, [main, ...argv], {
      encoding: 'utf8',
      env: { WAYBILL_URL: 'http://127.0.0.1:1', WAYBILL_API_KEY: 'wb_x' },
    });
  t.match(
    execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }),
    /^\d+\.\d+\.\d+\n$/,
  );
  t.match(spawned(['--help']), { status: 0, stdout: /Examples:[^]*Exit status: 0/, stderr: '' });
  t.match(spawned(['user', 'add', '--help']), { status: 0, stdout: /Examples:/ });
  t.match(spawned(['user', 'list']), { status: 3, stdout: '' });
  t.match(spawned(['user', 'list', '--nonsense']), {
    status: 2,
    stdout: '',
    stderr: /^waybill: unknown option '--nonsense'/,
  });
});

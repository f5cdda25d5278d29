import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { generateHostKey, publicKeyLine } from '../../server/connection/host-keys.ts';
import { createClient } from '../../cli/client.ts';
import { runBuiltIn } from '../../cli/demo-client.ts';
import { startInstallation } from '../../cli/demo/installation.ts';
import { provision } from '../../cli/demo/people.ts';
import { writeSample } from '../../cli/demo/sample.ts';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { waybill } from './fixtures/run.ts';

type Finding = { level: string; name: string; detail: string };

// One server for a story in order: what runs, what is stopped, what is damaged.
void t.test('the commands and a real server', async (t) => {
  const installation = await startInstallation([plainNode, ...plainNodeArguments]);
  t.teardown(() => installation.remove({ keepLog: false }));
  const { directory, url, keyFile } = installation;
  const env = {
    WAYBILL_URL: url,
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_ADMIN_PORT: new URL(url).port,
  };
  const ok = async (...argv: string[]) => {
    const run = await waybill(argv, { env, nowMs: Date.now() });
    t.equal(run.status, 0, `waybill ${argv.join(' ')}: ${run.err}`);
    return run;
  };
  const key = readFileSync(keyFile, 'utf8').trim();
  const logins = await provision(createClient({ url: new URL(url), key }, 'test'), installation);
  const sample = writeSample(join(directory, 'files/cases.csv'), 'a test', 5000);
  const sent = await runBuiltIn(logins.amy, [
    { kind: 'put', local: sample.path, remote: '/outgoing/cases.csv' },
  ]);
  t.equal(sent.ok, true, sent.output);

  await t.test('every verb is understood', async () => {
    const setting = [
      '--login-method',
      'publickey,password',
      '--cidr',
      '192.0.2.0/24',
      '--expires',
      'never',
    ];
    await ok('agency', 'add', 'imperial', '--kind', 'partner', '--name', 'Imperial');
    await ok('agency', 'change', 'imperial', '--name', 'Imperial County');
    await ok('agency', 'list');
    await ok(
      'user',
      'add',
      'ira',
      '--agency',
      'imperial',
      '--name',
      'Ira',
      '--quota',
      '1.5 MB',
      ...setting,
    );
    await ok(
      'user',
      'change',
      'ira',
      '--quota',
      'none',
      '--permission',
      '/outgoing=list,read',
      '--max-sessions',
      '2',
    );
    await ok('user', 'change', 'ira', '--permission', 'default', '--cidr', 'any');
    const password = await waybill(['user', 'set-password', 'ira'], {
      env,
      stdin: 'correct horse battery staple\n',
    });
    t.equal(password.status, 0, password.err);
    await ok('user', 'remove-password', 'ira');
    await ok('user', 'disable', 'ira');
    await ok('user', 'enable', 'ira');
    await ok('key', 'list', 'amy', '--json');
    writeFileSync(join(directory, 'ira.pub'), `${publicKeyLine(generateHostKey())}\n`);
    const added = await ok(
      'key',
      'add',
      'ira',
      join(directory, 'ira.pub'),
      '--label',
      'L',
      '--expires',
      '30d',
      '--json',
    );
    await ok(
      'key',
      'remove',
      'ira',
      (JSON.parse(added.out) as { fingerprint: string }).fingerprint,
    );
    await ok('user', 'list', '--agency', 'imperial', '--status', 'active');
    await ok('user', 'remove', 'ira');
    await ok('agency', 'remove', 'imperial');
    await ok('session', 'list', '--username', 'amy');
    await ok('user', 'locked');
    await ok('ban', 'list');
    await ok('file', 'list', 'alameda');
    await ok(
      'admin-key',
      'add',
      '--name',
      'reports',
      '--scope',
      'audit:read',
      '--expires',
      '90d',
      '--cidr',
      '127.0.0.1',
    );
    await ok('admin-key', 'list');
    await ok(
      'transfer',
      'list',
      '--direction',
      'upload',
      '--from',
      '1h',
      '--sha256',
      sample.sha256,
      '--state',
      'published',
    );
    await ok(
      'audit',
      'search',
      '--actor',
      'amy',
      '--event',
      'file.closed.1',
      '--outcome',
      'success',
      '--path',
      '/outgoing/cases.csv',
      '--from',
      '1h',
    );
    await ok('audit', 'verify');
  });

  await t.test('a file comes back whole', async () => {
    const target = join(directory, 'files/back.csv');
    await ok('file', 'get', 'alameda', '/outgoing/cases.csv', '-o', target);
    t.ok(readFileSync(target).equals(readFileSync(sample.path)));
  });

  await t.test('a lost key: asked of the server that runs', async () => {
    const issued = await ok('admin-key', 'issue', '--name', 'lost', '--scope', 'users:read');
    t.match(issued.out, /^wb_\S+\n$/);
    const used = await waybill(['user', 'list'], {
      env: { ...env, WAYBILL_API_KEY: issued.out.trim() },
    });
    t.equal(used.status, 0, used.err);
    const refused = await waybill(['admin-key', 'issue', '--name', 'x', '--scope', 'magic'], {
      env,
    });
    t.match(refused, { status: 1, out: '', err: /^waybill: --scope.*: one of \*, / });
  });

  await t.test('doctor beside the running server', async () => {
    const run = await ok('doctor');
    t.match(run.out, /^ok {4}server .* running, and ready/m);
    t.match(run.out, /^ok {4}ledger .* the chain is whole/m);
    t.match(run.out, /^skip {2}content/m);
  });

  await installation.stop();
  const offline = { ...env, WAYBILL_ADMIN_PORT: await freePort() };

  await t.test('a lost key: from the data directory that no server holds', async () => {
    const issued = await waybill(['admin-key', 'issue', '--name', 'offline'], {
      env: offline,
      nowMs: Date.now(),
    });
    t.match(issued, { status: 0, out: /^wb_\S+\n$/ });
    const nowhere = await waybill(['admin-key', 'issue', '--name', 'x'], {
      env: { ...offline, WAYBILL_DATA_DIR: join(directory, 'files') },
    });
    t.match(nowhere, { status: 1, err: /there is no Waybill database/ });
  });

  await t.test('doctor reads every byte, and finds one that changed', async () => {
    const examine = async () => {
      const run = await waybill(['doctor', '--deep', '--json'], {
        env: offline,
        nowMs: Date.now(),
      });
      const findings = JSON.parse(run.out) as Finding[];
      return {
        status: run.status,
        content: findings.filter(({ name }) => name === 'content'),
        findings,
      };
    };
    const good = await examine();
    t.equal(good.status, 0, JSON.stringify(good.findings));
    t.match(good.content, [{ level: 'ok', detail: /^1 files, .*each is what came in$/ }]);

    const [blob = ''] = readdirSync(join(directory, 'data/blobs'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((name) => name.length > 10);
    const path = join(directory, 'data/blobs', blob);
    const bytes = readFileSync(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const bad = await examine();
    t.equal(bad.status, 1);
    t.match(bad.content, [{ level: 'fail', detail: /of alameda: cases\.csv: .*integrity/ }]);
  });
});

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

// With a FIPS provider of OpenSSL, which no package of Debian 12 has: OPENSSL_CONF and OPENSSL_MODULES of the test's run name it
// (docs/OPERATIONS.md). Without one it is skipped, also where clients are required.
import t from 'tap';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { startLiveServer } from '../fixtures/live-server.ts';
import { keygen } from './certifying.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { audit, bytesOf, makeFile, succeeded, type Scene } from './story.ts';

const asked = spawnSync(
  plainNode,
  [...plainNodeArguments, '--force-fips', '-p', 'crypto.getFips()'],
  { encoding: 'utf8' },
);
const provider =
  asked.stdout.trim() === '1' ? needs('sftp', 'ssh-keygen') : { skip: 'no FIPS provider' };

t.test('a server in FIPS mode, with its workers', provider, async (t) => {
  const server = await startLiveServer(t, {
    NODE_OPTIONS: '--force-fips',
    WAYBILL_ALGORITHMS: 'fips',
  });
  const here = server.directory;
  const started = server.log().match(/"pid":\d+,"msg":"worker process ready"/g) ?? [];
  t.equal(started.length, 2);
  for (const line of started) {
    const [pid] = /\d+/.exec(line)!;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    t.ok(command.includes('--force-fips'));
  }
  await server.addAgency('alameda');
  const amy = await server.addUser('amy', 'alameda');
  const scene = { server, here } as Scene;
  const keyFile = join(here, 'p256');
  await keygen(scene, '-q', '-t', 'ecdsa', '-b', '256', '-N', '', '-f', keyFile);
  await server.admin.post('/v1/users/{username}/keys', {
    params: { path: { username: 'amy' } },
    body: { publicKey: readFileSync(`${keyFile}.pub`, 'utf8').trim(), label: 'P-256' },
  });
  const bytes = makeFile(scene, 'up', 1_000_000);
  const visit = (user: typeof amy, ...options: string[]) =>
    run('sftp', ['-b', '-', ...sshOptions(server, user), ...options, address(user)], {
      cwd: here,
      input: 'put up /outgoing/up\nget /outgoing/up down\n',
    });
  for (const options of [[], ['-o', 'RekeyLimit=128K'], ['-c', 'aes128-gcm@openssh.com']]) {
    writeFileSync(join(here, 'down'), '');
    succeeded(t, await visit({ ...amy, keyFile }, ...options));
    t.ok(readFileSync(join(here, 'down')).equals(bytes));
  }
  const [login] = await audit(server, { event: 'login.accepted.2' });
  t.match(login, {
    algorithms: { kex: 'ecdh-sha2-nistp256', hostKey: 'ecdsa-sha2-nistp384', cipher: /^aes/ },
  });
  t.not((await visit(amy)).status, 0, 'no Ed25519 key of a user');

  const password = bytesOf('password', 18).toString('base64');
  await server.admin.put('/v1/users/{username}/password', {
    params: { path: { username: 'amy' } },
    body: { password },
  });
  await server.admin.patch('/v1/users/{username}', {
    params: { path: { username: 'amy' } },
    body: { loginMethods: [['password'], ['publickey']] },
  });
  // Shorter than what some providers derive a key from: it is refused like any other.
  for (const [typed, isRight] of [
    [password, true],
    ['x', false],
    ['', false],
  ] as const)
    t.equal(await comesIn(server.sftpPort, typed), isRight, `${typed.length} characters`);
  t.notMatch(server.log(), /internal fault/);
});

function comesIn(port: number, password: string): Promise<boolean> {
  const client = new ssh2.Client();
  return new Promise<boolean>((resolve) => {
    client.on('ready', () => resolve(true)).on('error', () => resolve(false));
    client.connect({ host: '127.0.0.1', port, username: 'amy', password });
  }).finally(() => client.destroy());
}

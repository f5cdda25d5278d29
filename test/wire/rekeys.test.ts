// New keys that both sides ask for, in the midst of transfers. The server's own limit of 1 GiB is made small here; with it as it is,
// large.test.ts and the benchmark `rekeys` move more than that.
import t, { type Test } from 'tap';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '../../admin-api/client/client.ts';
import { readConfig } from '../../server/config.ts';
import { generateHostKey, publicKeyLine } from '../../server/connection/host-keys.ts';
import { createLog } from '../../server/log.ts';
import { startServer, type RunningServer } from '../../server/server.ts';
import { needs, run, sshOptions } from './clients.ts';
import { bytesOf, succeeded } from './story.ts';

const mebibyte = 1024 ** 2;
const fileBytes = 24 * mebibyte;
const rekeyBytes = 3 * mebibyte;

t.test('what is moved under many keys is what was sent', needs('sftp'), async (t) => {
  const here = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(here, 'data'),
    WAYBILL_KEYS_DIR: join(here, 'keys'),
    WAYBILL_SFTP_HOST: '127.0.0.1',
    WAYBILL_SFTP_PORT: '0',
    WAYBILL_ADMIN_PORT: '0',
    // tap puts options into what this process starts, and a worker process may not read what they name.
    WAYBILL_WORKERS: '0',
  });
  const limits = { ...config.limits, rekeyBytes };
  const server = await startServer({ ...config, limits }, createLog('silent', false));
  // Not a teardown: the directory would be gone before.
  try {
    await moveUnderManyKeys(t, server, here);
  } finally {
    await server.stop();
  }
});

async function moveUnderManyKeys(t: Test, server: RunningServer, here: string): Promise<void> {
  const admin = createClient({
    baseUrl: `http://127.0.0.1:${server.admin.port}`,
    key: readFileSync(server.initialKeyFile!, 'utf8').trim(),
  });
  const privateKey = generateHostKey();
  const user = { username: 'amy', keyFile: join(here, 'amy') };
  writeFileSync(user.keyFile, privateKey, { mode: 0o600 });
  const { username } = user;
  await admin.post('/v1/agencies', { body: { code: 'alameda', name: 'Alameda', kind: 'lcsa' } });
  await admin.post('/v1/users', { body: { username, agency: 'alameda', displayName: 'Amy' } });
  await admin.post('/v1/users/{username}/keys', {
    params: { path: { username } },
    body: { publicKey: publicKeyLine(privateKey), label: 'test' },
  });
  const knownHostsFile = join(here, 'known_hosts');
  const hostKey = publicKeyLine(readFileSync(join(here, 'keys/host_ed25519'), 'utf8'));
  writeFileSync(knownHostsFile, `[127.0.0.1]:${server.sftp.port} ${hostKey}\n`);
  const strict = sshOptions({ sftpPort: server.sftp.port, knownHostsFile }, user);
  const bytes = bytesOf('many keys', fileBytes);
  writeFileSync(join(here, 'big'), bytes);

  for (const [what, options, exchangesMin] of [
    ['of the server alone', [], 12],
    ['of the server, and of the client now and then', ['-o', 'RekeyLimit=5M'], 12],
    ['of both at about the same time', ['-o', 'RekeyLimit=3M'], 12],
    ['of the client alone', ['-o', 'RekeyLimit=1M'], 40],
    ['under another cipher', ['-o', 'RekeyLimit=2M', '-c', 'aes128-gcm@openssh.com'], 20],
  ] as const) {
    const ran = await run('sftp', ['-v', '-b', '-', ...strict, ...options, 'amy@127.0.0.1'], {
      cwd: here,
      input: 'put big /outgoing/big\nget /outgoing/big back\nrm /outgoing/big\n',
    });
    succeeded(t, ran, `keys ${what}`);
    t.ok(readFileSync(join(here, 'back')).equals(bytes));
    rmSync(join(here, 'back'));
    const exchanges = ran.output.split('SSH2_MSG_KEXINIT received').length - 1;
    t.ok(exchanges >= exchangesMin, `${exchanges} key exchanges`);
  }
}

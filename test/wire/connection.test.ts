import { spawn } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Served, accepted, hostKey, refused, serve } from '../connection/harness.ts';
import {
  generateHostKey,
  hostKeyFingerprint,
  publicKeyLine,
} from '../../server/connection/host-keys.ts';
import { miniSftp, zerosBytes } from '../connection/mini-sftp.ts';
import { needs } from './clients.ts';

// The algorithms must suffice for what the counties run.

type Ran = { status: number | null; output: string };

function run(program: string, args: string[], input = '', env = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, timeout: 60_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, output }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** Any signed key is taken, and the password `good`. */
async function serveClients(t: Parameters<typeof serve>[0], options = {}): Promise<Served> {
  return serve(t, {
    channel: miniSftp,
    async authenticate(_username, proof) {
      if (proof.kind === 'offer') return { kind: 'offer-accepted' };
      if (proof.kind === 'signature') return accepted;
      return proof.kind === 'password' && proof.password === 'good' ? accepted : refused;
    },
    ...options,
  });
}

function succeeded(
  t: { equal(a: unknown, b: unknown): boolean; comment(text: string): void },
  ran: Ran,
): void {
  if (!t.equal(ran.status, 0)) t.comment(ran.output);
}

function writeKey(directory: string): string {
  const path = join(directory, 'id');
  writeFileSync(path, generateHostKey());
  chmodSync(path, 0o600);
  return path;
}

function openSshOptions(directory: string): string[] {
  const options = [
    `UserKnownHostsFile=${join(directory, 'known')}`,
    'StrictHostKeyChecking=accept-new',
  ];
  return [...options, 'IdentitiesOnly=yes', 'BatchMode=yes'].flatMap((option) => ['-o', option]);
}

t.test('OpenSSH sftp puts and gets, over GCM, and leaves well', needs('sftp'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir({ upload: 'x'.repeat(100_000) });
  const { status, output } = await run(
    'sftp',
    ['-b', '-', '-i', writeKey(directory), ...openSshOptions(directory)].concat(
      '-P',
      String(served.port),
      'alice@127.0.0.1',
    ),
    `put ${join(directory, 'upload')} up\nget zeros ${join(directory, 'down')}\n`,
  );
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
  t.match(served.peers[0]?.algorithms, { cipher: /^aes...-gcm@openssh.com$/ });
  t.same(served.faults, []);
});

t.test('OpenSSH asks for new keys all the time', needs('sftp'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir({ upload: Buffer.alloc(zerosBytes) });
  const { status, output } = await run(
    'sftp',
    [
      '-b',
      '-',
      '-i',
      writeKey(directory),
      ...openSshOptions(directory),
      '-o',
      'RekeyLimit=1M',
    ].concat('-P', String(served.port), 'alice@127.0.0.1'),
    `get zeros ${join(directory, 'down')}\nput ${join(directory, 'upload')} up\n`,
  );
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
});

t.test('the server asks OpenSSH for new keys all the time', needs('sftp'), async (t) => {
  const served = await serveClients(t, { limits: { rekeyBytes: 1024 * 1024 } });
  const directory = t.testdir({ upload: Buffer.alloc(zerosBytes) });
  const { status, output } = await run(
    'sftp',
    ['-b', '-', '-v', '-i', writeKey(directory), ...openSshOptions(directory)].concat(
      '-P',
      String(served.port),
      'alice@127.0.0.1',
    ),
    `get zeros ${join(directory, 'down')}\nput ${join(directory, 'upload')} up\n`,
  );
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
  t.ok(output.split('SSH2_MSG_NEWKEYS received').length > 10, 'many key exchanges');
});

t.test('OpenSSH ssh is refused a shell, a command and forwarding', needs('ssh'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir();
  const login = [
    '-i',
    writeKey(directory),
    ...openSshOptions(directory),
    '-p',
    String(served.port),
  ];
  const command = await run('ssh', [...login, 'alice@127.0.0.1', 'id']);
  t.equal(command.status, 255);
  t.match(command.output, /exec request failed/);
  const shell = await run('ssh', [...login, '-T', 'alice@127.0.0.1']);
  t.match(shell.output, /shell request failed/);
  const forward = await run('ssh', [
    ...login,
    '-R',
    '0:127.0.0.1:1',
    '-o',
    'ExitOnForwardFailure=yes',
    '-N',
    'alice@127.0.0.1',
  ]);
  t.equal(forward.status, 255);
  t.match(forward.output, /forwarding failed/);
});

t.test('ssh-keygen agrees about the host key', needs('ssh-keygen'), async (t) => {
  const directory = t.testdir();
  const path = join(directory, 'host');
  writeFileSync(path, hostKey);
  chmodSync(path, 0o600);
  const listed = await run('ssh-keygen', ['-lf', path]);
  t.match(listed.output, hostKeyFingerprint(hostKey));
  const line = await run('ssh-keygen', ['-yf', path]);
  t.equal(line.output.trim(), publicKeyLine(hostKey));
});

t.test('PuTTY psftp', needs('psftp'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir();
  const batch = join(directory, 'batch');
  writeFileSync(batch, `pwd\nget zeros ${join(directory, 'down')}\nquit\n`);
  const { status, output } = await run(
    'psftp',
    [
      '-batch',
      '-P',
      String(served.port),
      '-pw',
      'good',
      '-hostkey',
      hostKeyFingerprint(hostKey),
    ].concat('-b', batch, 'alice@127.0.0.1'),
    '',
    { HOME: directory },
  );
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
});

t.test('curl with libssh2', needs('curl'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir();
  const { status, output } = await run('curl', [
    '-sS',
    '-k',
    '-u',
    'alice:good',
    '-o',
    join(directory, 'down'),
    `sftp://127.0.0.1:${served.port}/zeros`,
  ]);
  // Why plain HMAC is in the list: libssh2 before 1.11 has no other.
  t.match(served.peers[0]?.algorithms, { mac: /^hmac-sha2-/ });
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
});

t.test('rclone', needs('rclone'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir();
  const obscured = (await run('rclone', ['obscure', 'good'])).output.trim();
  const { status, output } = await run('rclone', [
    'cat',
    '--config',
    join(directory, 'conf'),
    '--retries',
    '1',
    '--count',
    '16',
    `:sftp,host=127.0.0.1,port=${served.port},user=alice,pass=${obscured}:/zeros`,
  ]);
  succeeded(t, { status, output });
});

t.test('lftp', needs('lftp'), async (t) => {
  const served = await serveClients(t);
  const directory = t.testdir();
  const { status, output } = await run('lftp', [
    '-c',
    `set sftp:connect-program "ssh -a -x -i ${writeKey(directory)} ${openSshOptions(directory).join(' ')}";` +
      `set net:max-retries 1; open -u alice, sftp://127.0.0.1:${served.port}; get zeros -o ${join(directory, 'down')}`,
  ]);
  succeeded(t, { status, output });
  t.equal(statSync(join(directory, 'down')).size, zerosBytes);
});

const paramikoScript = `
import io, sys, paramiko
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect('127.0.0.1', port=int(sys.argv[1]), username='alice', password='good', look_for_keys=False, allow_agent=False)
print(client.open_sftp().getfo('zeros', io.BytesIO()))
client.close()
`;
const python = '/usr/bin/python3';

t.test('paramiko', needs(python), async (t) => {
  const served = await serveClients(t);
  const { status, output } = await run(python, ['-c', paramikoScript, String(served.port)]);
  succeeded(t, { status, output });
  t.match(output, String(zerosBytes));
});

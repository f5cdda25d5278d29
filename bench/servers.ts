import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateHostKey } from '../server/connection/host-keys.ts';
import { freePort, LiveServer, type LiveUser } from '../test/fixtures/live-server.ts';
import { cpuSecondsOf } from './processes.ts';

const run = promisify(execFile);

/** One SFTP server under test, and how its client is called. */
export type Contender = {
  readonly name: 'waybill' | 'sshd';
  /** Directory that the client puts files into. */
  readonly remote: string;
  /** Runs a batch of the stock client's commands; resolves with the seconds it took. */
  batch(commands: readonly string[]): Promise<number>;
  /** CPU seconds of the server and its children so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
};

const cipher = 'aes128-gcm@openssh.com';

export async function startWaybill(directory: string): Promise<Contender> {
  const server = new LiveServer(join(directory, 'waybill'), [await freePort(), await freePort()], {
    WAYBILL_LOG_LEVEL: 'warn',
  });
  mkdirSync(server.directory, { recursive: true });
  await server.start();
  await server.addAgency('alameda');
  const user = await server.addUser('amy', 'alameda');
  return {
    name: 'waybill',
    remote: '/outgoing',
    batch: (commands) =>
      batch(
        directory,
        { port: server.sftpPort, user: 'amy', key: user, hosts: server.knownHostsFile },
        commands,
      ),
    cpuSeconds: () => cpuSecondsOf(server.pid),
    stop: () => server.stop(),
  };
}

/** Null where sshd is not installed. It needs to be root, or to serve the user that runs it. */
export async function startSshd(
  directory: string,
  key: Pick<LiveUser, 'keyFile' | 'publicKey'>,
): Promise<Contender | null> {
  const program = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));
  if (program === undefined) return null;
  const home = join(directory, 'sshd');
  mkdirSync(join(home, 'files'), { recursive: true });
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  writeFileSync(join(home, 'host'), generateHostKey(), { mode: 0o600 });
  writeFileSync(join(home, 'authorized_keys'), `${key.publicKey}\n`, { mode: 0o600 });
  const options = [
    `ListenAddress=127.0.0.1:${port}`,
    `HostKey=${join(home, 'host')}`,
    `AuthorizedKeysFile=${join(home, 'authorized_keys')}`,
    'StrictModes=no',
    'UsePAM=no',
    'PermitRootLogin=yes',
    'Subsystem=sftp internal-sftp',
    `PidFile=${join(home, 'pid')}`,
  ];
  const child: ChildProcess = spawn(
    program,
    ['-D', '-e', '-f', '/dev/null', ...options.flatMap((option) => ['-o', option])],
    { stdio: 'ignore' },
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const user = (await run('id', ['-un'])).stdout.trim();
  return {
    name: 'sshd',
    remote: join(home, 'files'),
    batch: (commands) => batch(directory, { port, user, key, hosts: null }, commands),
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    stop: async () => void child.kill(),
  };
}

/** How the stock client logs in. */
export type StockLogin = {
  readonly port: number;
  readonly user: string;
  readonly key: Pick<LiveUser, 'keyFile'>;
  readonly hosts: string | null;
};

export async function batch(
  directory: string,
  login: StockLogin,
  commands: readonly string[],
): Promise<number> {
  const file = join(directory, `batch-${login.port}`);
  writeFileSync(file, `${commands.join('\n')}\n`);
  const hostChecking =
    login.hosts === null
      ? ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null']
      : ['-o', `UserKnownHostsFile=${login.hosts}`];
  const startedMs = performance.now();
  await run(
    'sftp',
    [
      '-q',
      '-F',
      '/dev/null',
      '-c',
      cipher,
      '-i',
      login.key.keyFile,
      '-o',
      'IdentitiesOnly=yes',
      ...hostChecking,
      '-b',
      file,
      '-P',
      String(login.port),
      `${login.user}@127.0.0.1`,
    ],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return (performance.now() - startedMs) / 1000;
}

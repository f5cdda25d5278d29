import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { generateHostKey } from '../../server/connection/host-keys.ts';
import { freePort } from '../../test/fixtures/live-server.ts';
import { outputOf, runCommand } from '../command.ts';
import {
  password,
  startProgram,
  type PasswordLogin,
  type Peer,
  type PeerMaker,
  type Place,
} from './peer.ts';

const places = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'];

function program(): string | undefined {
  return places.find((path) => existsSync(path));
}

/** OpenSSH's sshd with internal-sftp and no PAM. It serves the user who runs the trials. */
async function start(place: Place): Promise<Peer> {
  const { directory, key } = place;
  const home = join(directory, 'sshd');
  mkdirSync(join(home, 'files'), { recursive: true });
  // Where it shuts its unprivileged part in; as a service it is made at boot.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  writeFileSync(join(home, 'host'), generateHostKey(), { mode: 0o600 });
  writeFileSync(join(home, 'authorized_keys'), `${key.publicKey}\n`, { mode: 0o600 });
  const passwordLogin = await passwordLoginFor(place);
  const port = await freePort();
  const options = [
    `ListenAddress=127.0.0.1:${port}`,
    `HostKey=${join(home, 'host')}`,
    `AuthorizedKeysFile=${join(home, 'authorized_keys')}`,
    'StrictModes=no',
    'UsePAM=no',
    'PermitRootLogin=yes',
    'PasswordAuthentication=yes',
    'MaxStartups=1000',
    'Subsystem=sftp internal-sftp',
    'LogLevel=ERROR',
    `PidFile=${join(home, 'pid')}`,
  ];
  const running = await startProgram(
    program()!,
    ['-D', '-e', '-f', '/dev/null', ...options.flatMap((option) => ['-o', option])],
    port,
  );
  return {
    name: 'sshd',
    port,
    user: userInfo().username,
    passwordLogin,
    keyFile: key.keyFile,
    remote: join(home, 'files'),
    hostDirectory: join(home, 'files'),
    ...running,
  };
}

/** Without PAM sshd takes the passwords of the system's users alone, so one is made for the trial and removed after it. */
async function passwordLoginFor({ passwords, housekeeping }: Place): Promise<PasswordLogin> {
  if (passwords !== true) return { missing: 'not asked for' };
  if (process.getuid?.() !== 0) return { missing: 'only root can make a throw-away system user' };
  const user = `wbbench${process.pid}`;
  try {
    const timeoutMs = 10_000;
    const hash = await runCommand('openssl', ['passwd', '-6', '-stdin'], {
      timeoutMs,
      input: `${password}\n`,
    });
    housekeeping.atEnd(() => spawnSync('userdel', [user], { stdio: 'ignore', timeout: timeoutMs }));
    const args = ['-M', '-N', '-d', '/', '-s', '/bin/sh', '-p', hash.trim(), user];
    await runCommand('useradd', args, { timeoutMs });
    return { user, password };
  } catch (error) {
    return { missing: `no throw-away system user: ${(error as Error).message}` };
  }
}

export const sshd: PeerMaker = {
  name: 'sshd',
  packages: 'openssh-server',
  // It tells its version only as it refuses an option, and is built with the client: theirs is the same.
  version: async () => {
    const path = program();
    if (path === undefined) return null;
    const told = await outputOf('sh', ['-c', `${path} -V 2>&1 || true`]);
    return /OpenSSH_[^,\s]+/.exec(told ?? '')?.[0] ?? 'of unknown version';
  },
  start,
};

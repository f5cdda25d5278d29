import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { generateHostKey } from '../../server/connection/host-keys.ts';
import { freePort } from '../../test/fixtures/live-server.ts';
import { outputOf, runCommand } from '../command.ts';
import { password, startProgram, type Peer, type PeerMaker, type Place } from './peer.ts';

const modules = ['/usr/lib/proftpd', '/usr/libexec/proftpd'];
const timeoutMs = 10_000;

function moduleDirectory(): string | undefined {
  return modules.find((path) => existsSync(join(path, 'mod_sftp.so')));
}

/** ProFTPD's mod_sftp with a user of its own file, who has the rights of the one who runs the trials. */
async function start({ directory, key }: Place): Promise<Peer> {
  const home = join(directory, 'proftpd');
  const files = join(home, 'files');
  mkdirSync(files, { recursive: true });
  const { uid, gid } = userInfo();
  writeFileSync(join(home, 'host'), generateHostKey(), { mode: 0o600 });
  const publicKey = await runCommand('ssh-keygen', ['-e', '-m', 'RFC4716', '-f', key.keyFile], {
    timeoutMs,
  });
  writeFileSync(join(home, 'authorized_keys'), publicKey);
  const hash = await runCommand('openssl', ['passwd', '-6', '-stdin'], {
    timeoutMs,
    input: `${password}\n`,
  });
  const user = 'bench';
  const account = `${user}:${hash.trim()}:${uid}:${gid}::${files}:/bin/sh\n`;
  writeFileSync(join(home, 'passwd'), account, { mode: 0o600 });
  const port = await freePort();
  writeFileSync(join(home, 'proftpd.conf'), configuration(home, port));
  const args = ['-n', '-q', '-c', join(home, 'proftpd.conf')];
  const running = await startProgram('proftpd', args, port);
  return {
    name: 'proftpd',
    port,
    user,
    passwordLogin: { user, password },
    keyFile: key.keyFile,
    remote: files,
    hostDirectory: files,
    ...running,
  };
}

function configuration(home: string, port: number): string {
  return `
ModulePath ${moduleDirectory()}
LoadModule mod_sftp.c
ServerType standalone
ServerName bench
DefaultAddress 127.0.0.1
SocketBindTight on
Port ${port}
User ${userInfo().username}
Group ${group()}
RootLogin on
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile ${home}/passwd
WtmpLog off
TransferLog none
SystemLog none
ScoreboardFile ${home}/scoreboard
PidFile ${home}/pid
DelayEngine off
UseReverseDNS off
MaxInstances none
<Directory />
  AllowOverwrite on
</Directory>
SFTPEngine on
SFTPHostKey ${home}/host
SFTPAuthorizedUserKeys file:${home}/authorized_keys
`;
}

/** It knows groups by name alone. */
function group(): string {
  const { gid } = userInfo();
  const line = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .find((each) => each.split(':')[2] === String(gid));
  return line?.split(':')[0] ?? 'nogroup';
}

export const proftpd: PeerMaker = {
  name: 'proftpd',
  packages: 'proftpd-basic proftpd-mod-crypto',
  version: async () => {
    if (moduleDirectory() === undefined) return null;
    const told = await outputOf('proftpd', ['-v']);
    return told === null ? null : (/Version (\S+)/.exec(told)?.[1] ?? 'of unknown version');
  },
  start,
};

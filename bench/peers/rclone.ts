import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateHostKey } from '../../server/connection/host-keys.ts';
import { freePort } from '../../test/fixtures/live-server.ts';
import { outputOf } from '../command.ts';
import { password, startProgram, type Peer, type PeerMaker, type Place } from './peer.ts';

/** `rclone serve sftp` over a directory, no cache. It has no fsync: what it acknowledges is not durable. */
async function start({ directory, key }: Place): Promise<Peer> {
  const home = join(directory, 'rclone');
  const files = join(home, 'files');
  mkdirSync(files, { recursive: true });
  writeFileSync(join(home, 'host'), generateHostKey(), { mode: 0o600 });
  writeFileSync(join(home, 'authorized_keys'), `${key.publicKey}\n`);
  const port = await freePort();
  const user = 'bench';
  const options = {
    addr: `127.0.0.1:${port}`,
    key: join(home, 'host'),
    'authorized-keys': join(home, 'authorized_keys'),
    user,
    pass: password,
    config: join(home, 'rclone.conf'),
    'cache-dir': join(home, 'cache'),
  };
  writeFileSync(options.config, '');
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const running = await startProgram('rclone', ['serve', 'sftp', ...flags, files], port);
  return {
    name: 'rclone',
    port,
    user,
    passwordLogin: { user, password },
    keyFile: key.keyFile,
    remote: '/',
    hostDirectory: files,
    ...running,
  };
}

export const rclone: PeerMaker = {
  name: 'rclone',
  packages: 'rclone',
  version: async () => {
    const told = await outputOf('rclone', ['version']);
    return told === null ? null : (/rclone (\S+)/.exec(told)?.[1] ?? 'of unknown version');
  },
  start,
};

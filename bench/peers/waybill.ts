import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { freePort, LiveServer } from '../../test/fixtures/live-server.ts';
import { version } from '../../server/version.ts';
import { password, type Peer, type PeerMaker, type Place } from './peer.ts';

const stopMsMax = 30_000;

export type WaybillPeer = Peer & { readonly server: LiveServer };

/** The server of this build in a process of its own, everything on: durable, hashed, encrypted, recorded. */
export async function startWaybill(
  { directory, key }: Omit<Place, 'housekeeping'>,
  environment: Readonly<Record<string, string>> = {},
): Promise<WaybillPeer> {
  const server = new LiveServer(join(directory, 'waybill'), [await freePort(), await freePort()], {
    WAYBILL_WORKERS: String(cpus().length),
    WAYBILL_LOG_LEVEL: 'warn',
    // All clients come from one address, faster than a county's do.
    WAYBILL_ALLOWED_MONITORS: '127.0.0.1',
    ...environment,
  });
  mkdirSync(server.directory, { recursive: true });
  await server.start();
  await server.addAgency('alameda');
  await server.api('POST', '/v1/users', {
    username: 'amy',
    agency: 'alameda',
    displayName: 'amy',
    maxSessions: 10_000,
    loginMethods: [['publickey'], ['password']],
  });
  const { publicKey } = key;
  await server.api('POST', '/v1/users/amy/keys', { publicKey, label: 'bench' });
  await server.api('PUT', '/v1/users/amy/password', { password });
  return {
    name: 'waybill',
    server,
    port: server.sftpPort,
    user: 'amy',
    passwordLogin: { user: 'amy', password },
    keyFile: key.keyFile,
    remote: '/outgoing',
    hostDirectory: null,
    pid: server.pid,
    stop: () => stop(server),
  };
}

/** It takes its leave of those who are connected; one that hangs at it does not hold up the run. */
async function stop(server: LiveServer): Promise<void> {
  const timer = setTimeout(() => void server.stop('SIGKILL'), stopMsMax);
  await server.stop();
  clearTimeout(timer);
}

export const waybill: PeerMaker = {
  name: 'waybill',
  packages: 'this build',
  version: async () => version,
  start: (place) => startWaybill(place),
};

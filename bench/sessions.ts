import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { generateHostKey, publicKeyLine } from '../server/connection/host-keys.ts';
import { SftpClient } from '../test/fixtures/sftp-client.ts';
import type { PeerKey } from './peers/peer.ts';

/** A login of the trials' own client, with one SFTP channel. */
export type BenchSession = {
  readonly client: ssh2.Client;
  readonly channel: ssh2.ClientChannel;
  readonly sftp: SftpClient;
};

export type Login = {
  readonly port: number;
  readonly username: string;
  readonly privateKey?: Buffer;
  readonly password?: string;
};

/** ssh2 picks its own order otherwise; every server has this one. */
const cipher = 'aes128-gcm@openssh.com';
const attemptsMax = 60;
const pauseMs = 500;
const readyMsMax = 30_000;

/** A fresh Ed25519 key in OpenSSH's format, 0600. */
export function writeUserKey(directory: string): PeerKey {
  const keyFile = join(directory, 'user-key');
  const privateKey = generateHostKey();
  const publicKey = publicKeyLine(privateKey);
  writeFileSync(keyFile, privateKey, { mode: 0o600 });
  writeFileSync(`${keyFile}.pub`, `${publicKey}\n`);
  return { keyFile, publicKey };
}

/** Connects, again and again where the server takes no more connections just now. */
export async function openSession(login: Login): Promise<BenchSession> {
  const client = await connectPatiently(login);
  const channel = await openSftp(client);
  const sftp = new SftpClient(channel);
  await sftp.init();
  await sftp.realpath('.');
  return { client, channel, sftp };
}

export async function connectPatiently(login: Login): Promise<ssh2.Client> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connect(login);
    } catch (error) {
      if (attempt >= attemptsMax) throw error;
      await sleep(pauseMs);
    }
  }
}

export function connect(login: Login): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  client.setNoDelay(true);
  return new Promise((resolve, reject) => {
    // It stays for what comes later: an attack does not end when its session is ended.
    client.on('error', reject);
    client.on('close', () => reject(new Error('closed')));
    client.on('ready', () => resolve(client));
    client.connect({
      host: '127.0.0.1',
      readyTimeout: readyMsMax,
      algorithms: { cipher: [cipher] },
      ...login,
    });
  });
}

export function openSftp(client: ssh2.Client): Promise<ssh2.ClientChannel> {
  return new Promise((resolve, reject) => {
    client.subsys('sftp', (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

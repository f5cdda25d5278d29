import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Housekeeping } from '../housekeeping.ts';

export type PeerName = 'waybill' | 'sshd' | 'proftpd' | 'rclone';

/** One SFTP server that runs, on 127.0.0.1. */
export type Peer = {
  readonly name: PeerName;
  readonly port: number;
  readonly user: string;
  /** How to log in by password, or why that cannot be tried here. */
  readonly passwordLogin: PasswordLogin;
  /** The user's Ed25519 key, the same for all. */
  readonly keyFile: string;
  /** The directory that clients use, as they name it. */
  readonly remote: string;
  /** The same on the host; null where what clients see are no files of the host. */
  readonly hostDirectory: string | null;
  /** The root of its process tree. */
  readonly pid: number;
  stop(): Promise<void>;
};

export type PasswordLogin =
  { readonly user: string; readonly password: string } | { readonly missing: string };

/** The user's key; written by main for all peers of a run. */
export type PeerKey = { readonly keyFile: string; readonly publicKey: string };

export type Place = {
  readonly directory: string;
  readonly key: PeerKey;
  readonly housekeeping: Housekeeping;
  /** Logins by password are part of the trial: some need preparation. */
  readonly passwords?: boolean;
};

export type PeerMaker = {
  readonly name: PeerName;
  /** What to install on Debian. */
  readonly packages: string;
  /** Null where it is not installed. */
  version(): Promise<string | null>;
  start(place: Place): Promise<Peer>;
};

export const password = 'bench-Correct-Horse-7-Battery';

const startMsMax = 15_000;
const stopMsMax = 10_000;

/**
 * Starts a server program that stays in the foreground, and waits until it greets on its port.
 *
 * @throws Error with its words where it ends instead, or stays silent
 */
export async function startProgram(
  program: string,
  args: readonly string[],
  port: number,
): Promise<{ pid: number; stop(): Promise<void> }> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-4096)));
  child.once('error', (error) => (words += error.message));
  const deadlineMs = performance.now() + startMsMax;
  while (!(await greets(port))) {
    if (hasEnded(child) || performance.now() > deadlineMs) {
      await stopProgram(child);
      throw new Error(`${program} does not come up: ${words.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { pid: child.pid!, stop: () => stopProgram(child) };
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const gone = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  child.kill();
  await gone;
  clearTimeout(timer);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (greeted: boolean) => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once('data', (chunk) => end(chunk.toString().startsWith('SSH-')));
    socket.once('error', () => end(false));
    socket.once('close', () => resolve(false));
    socket.setTimeout(2_000, () => end(false));
  });
}

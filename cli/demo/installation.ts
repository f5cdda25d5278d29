import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicKeyLine } from '../../server/connection/host-keys.ts';

/** A server of the demo's own, in a directory that goes when it stops. */
export type Installation = {
  readonly directory: string;
  readonly url: string;
  readonly sftpPort: number;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  readonly logFile: string;
  /** Rejects when the server ends by itself. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
  /** Stops the server and removes everything; the log stays if asked for. */
  remove(options: { readonly keepLog: boolean }): Promise<void>;
};

const readyMsMax = 60_000;
const stopMsMax = 10_000;
const host = '127.0.0.1';

/** The real server, from the build beside this file, as a process of its own. */
export async function startInstallation(
  node: readonly string[] = [process.execPath],
): Promise<Installation> {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-demo-'));
  const logFile = `${directory}.log`;
  const [sftpPort, adminPort] = await freePorts();
  const child = startServer(node, directory, logFile, {
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_SFTP_HOST: host,
    WAYBILL_SFTP_PORT: String(sftpPort),
    WAYBILL_ADMIN_HOST: host,
    WAYBILL_ADMIN_PORT: String(adminPort),
    WAYBILL_LOG_LEVEL: 'info',
  });
  const ended = untilEnd(child);
  // Whoever waits for it gets the rejection; nobody may be waiting yet.
  ended.catch(() => undefined);
  const url = `http://${host}:${adminPort}`;
  const remove = async ({ keepLog }: { keepLog: boolean }) => {
    await stopServer(child);
    rmSync(directory, { recursive: true, force: true });
    if (!keepLog) rmSync(logFile, { force: true });
  };
  try {
    await Promise.race([untilReady(`${url}/readyz`), ended]);
    const knownHostsFile = join(directory, 'known_hosts');
    const hostKey = publicKeyLine(readFileSync(join(directory, 'keys', 'host_ed25519'), 'utf8'));
    writeFileSync(knownHostsFile, `[${host}]:${sftpPort} ${hostKey}\n`);
    const keyFile = join(directory, 'data', 'initial-admin-key');
    return {
      directory,
      url,
      sftpPort,
      keyFile,
      knownHostsFile,
      logFile,
      ended,
      stop: () => stopServer(child),
      remove,
    };
  } catch (error) {
    await remove({ keepLog: true });
    throw new Error(`${(error as Error).message}; its log is ${logFile}:\n${lastLines(logFile)}`, {
      cause: error,
    });
  }
}

function startServer(
  [command, ...leading]: readonly string[],
  directory: string,
  logFile: string,
  settings: Record<string, string>,
): ChildProcess {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('WAYBILL_'));
  const log = openSync(logFile, 'wx', 0o600);
  mkdirSync(join(directory, 'files'));
  try {
    return spawn(
      command ?? process.execPath,
      [...leading, '--enable-source-maps', join(import.meta.dirname, '../../server/main.js')],
      {
        cwd: directory,
        env: { ...Object.fromEntries(others), ...settings },
        stdio: ['ignore', log, log],
      },
    );
  } finally {
    closeSync(log);
  }
}

async function untilEnd(child: ChildProcess): Promise<never> {
  const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
  throw new Error(`the server ended (${signal ?? `status ${status ?? '?'}`})`);
}

async function untilReady(url: string): Promise<void> {
  const giveUpMs = Date.now() + readyMsMax;
  let last = 'no answer';
  while (Date.now() < giveUpMs) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      if (response.ok) return;
      last = `status ${response.status}`;
    } catch {
      last = 'no answer';
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the server was not ready after ${readyMsMax / 1000} s (${url}: ${last})`);
}

async function stopServer(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  await exit;
  clearTimeout(late);
}

/** Two ports that were free a moment ago. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, host);
    await once(server, 'listening');
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, 'close');
  }
  return [ports[0]!, ports[1]!];
}

export function lastLines(file: string, count = 15): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}

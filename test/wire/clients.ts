import { execFile, spawnSync } from 'node:child_process';
import type { LiveServer, LiveUser } from '../fixtures/live-server.ts';

/** The Debian package of each program that the stories use. */
const packageOf = {
  ssh: 'openssh-client',
  sftp: 'openssh-client',
  scp: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  'ssh-audit': 'ssh-audit',
  lftp: 'lftp',
  rclone: 'rclone',
  psftp: 'putty-tools',
  pscp: 'putty-tools',
  puttygen: 'putty-tools',
  curl: 'curl',
  jq: 'jq',
  bash: 'bash',
  sshfs: 'sshfs',
  // Debian's own Python: the module is installed for that one alone.
  '/usr/bin/python3': 'python3-paramiko',
} as const;

export type Program = keyof typeof packageOf;

/** Programs that are there but may lack the part that is needed, and how to ask. */
const probes: Partial<Record<Program, (text: string) => boolean>> = {
  curl: (text) => /\bsftp\b/.test(text),
};
const probeArguments: Partial<Record<Program, readonly string[]>> = {
  curl: ['-V'],
  '/usr/bin/python3': ['-c', 'import paramiko'],
};

/**
 * The options of a test that needs these programs: it is skipped where one is missing, and fails where
 * `WAYBILL_TEST_CLIENTS` is `required`.
 *
 * @throws Error naming the Debian packages to install
 */
export function needs(...programs: readonly Program[]): { skip?: string } {
  const missing = [
    ...new Set(
      programs.filter((program) => !isThere(program)).map((program) => packageOf[program]),
    ),
  ];
  if (missing.length === 0) return {};
  const reason = `install the Debian packages: ${missing.join(' ')}`;
  if (process.env['WAYBILL_TEST_CLIENTS'] === 'required')
    throw new Error(`WAYBILL_TEST_CLIENTS=required: ${reason}`);
  return { skip: reason };
}

function isThere(program: Program): boolean {
  const found = spawnSync('/bin/sh', ['-c', `command -v ${program}`]).status === 0;
  const probe = probeArguments[program];
  if (!found || probe === undefined) return found;
  const { status, stdout } = spawnSync(program, probe, { encoding: 'utf8' });
  return status === 0 && (probes[program]?.(stdout) ?? true);
}

export type Ran = {
  /** Null when a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  /** Standard output and standard error, in that order. */
  readonly output: string;
};

export type Running = { readonly done: Promise<Ran>; kill(signal?: NodeJS.Signals): void };

export type RunOptions = {
  /** Where relative local names start. */
  readonly cwd: string;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

const timeoutMs = 100_000;
const outputBytesMax = 64 * 1024 * 1024;

/** Starts a client that knows nothing of the person who runs the tests: no agent, no home, no locale but UTF-8. */
export function start(program: Program, args: readonly string[], options: RunOptions): Running {
  const environment = {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
    HOME: options.cwd,
    TERM: 'dumb',
    ...options.environment,
  };
  const settings = {
    cwd: options.cwd,
    env: environment,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: outputBytesMax,
  } as const;
  let finish: (ran: Ran) => void;
  const done = new Promise<Ran>((resolve) => (finish = resolve));
  const child = execFile(program, args, settings, (_error, stdout, stderr) => {
    finish({ status: child.exitCode, stdout, output: `${stdout}${stderr}` });
  });
  // A client that gives up early has no use for the rest of its commands.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  return { done, kill: (signal = 'SIGKILL') => void child.kill(signal) };
}

/** Runs a client to its end; one that hangs is killed and has no status. */
export function run(program: Program, args: readonly string[], options: RunOptions): Promise<Ran> {
  return start(program, args, options).done;
}

/** What makes any of OpenSSH's programs strict about the host key and deaf to the person's own configuration. */
export function sshOptions(
  server: Pick<LiveServer, 'sftpPort' | 'knownHostsFile'>,
  user: Pick<LiveUser, 'keyFile'> & Partial<LiveUser>,
): readonly string[] {
  const options = {
    Port: server.sftpPort,
    IdentityFile: user.keyFile,
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: server.knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
  };
  return [
    '-F',
    '/dev/null',
    ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

export function address(user: LiveUser): string {
  return `${user.username}@127.0.0.1`;
}

import { spawnSync } from 'node:child_process';
import { runProgram } from './command-line.ts';

/** One login of a demo user and what to do in it. */
export type Login = {
  readonly username: string;
  readonly host: string;
  readonly port: number;
  readonly privateKeyFile: string;
  readonly knownHostsFile: string;
};

export type Action =
  | { readonly kind: 'put' | 'get'; readonly local: string; readonly remote: string }
  | { readonly kind: 'list'; readonly remote: string };

export type Done = {
  /** False: one of the actions was refused or the connection failed; `output` says which. */
  readonly ok: boolean;
  readonly output: string;
};

export type DemoClient = {
  readonly name: string;
  run(login: Login, actions: readonly Action[]): Promise<Done>;
};

const runMsMax = 120_000;

/** The machine's own `sftp`, or the built-in client where there is none. */
export async function chooseClient(): Promise<DemoClient> {
  if (spawnSync('sftp', ['-V'], { stdio: 'ignore' }).error === undefined) {
    return { name: "this machine's own sftp", run: runSftp };
  }
  const { runBuiltIn } = await import('../demo-client.ts');
  return { name: 'the built-in client (there is no sftp on this machine)', run: runBuiltIn };
}

/** The arguments of `sftp` that a user would give, but for `-b`. */
export function sftpArguments(login: Login): readonly string[] {
  return [
    '-P',
    String(login.port),
    '-i',
    login.privateKeyFile,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    `UserKnownHostsFile=${login.knownHostsFile}`,
    '-o',
    'StrictHostKeyChecking=yes',
    `${login.username}@${login.host}`,
  ];
}

async function runSftp(login: Login, actions: readonly Action[]): Promise<Done> {
  // No file of the user's own configuration may change what the demo shows.
  const own = ['-F', 'none', '-o', 'GlobalKnownHostsFile=none', '-o', 'IdentityAgent=none'];
  const batch = actions.map((action) => `${batchLine(action)}\n`).join('');
  const { status, output } = await runProgram(
    'sftp',
    [...own, '-b', '-', ...sftpArguments(login)],
    batch,
    runMsMax,
  );
  return { ok: status === 0, output };
}

function batchLine(action: Action): string {
  if (action.kind === 'list') return `ls -1 "${action.remote}"`;
  const { kind, local, remote } = action;
  return kind === 'put' ? `put "${local}" "${remote}"` : `get "${remote}" "${local}"`;
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';

export type Cipher = 'aes128-gcm@openssh.com' | 'aes256-gcm@openssh.com';

/** How OpenSSH's sftp logs in. */
export type StockLogin = {
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  /** Null: what client and server agree upon by themselves. */
  readonly cipher: Cipher | null;
  /** Absent: the client's own choice. */
  readonly keyExchange?: string;
  /** How much goes over one set of keys, such as `64M`; absent: the client's own choice. */
  readonly rekeyLimit?: string;
};

/** What a batch may take before it counts as hung. */
const timeoutMsDefault = 8 * 60_000;

let batches = 0;

/**
 * Runs a batch of the stock client's commands, its output discarded; resolves with the seconds it took, login and all.
 *
 * @throws Error with the client's words, or that it hung
 */
export async function stockBatch(
  directory: string,
  login: StockLogin,
  commands: readonly string[],
  timeoutMs = timeoutMsDefault,
): Promise<number> {
  batches += 1;
  const file = join(directory, `batch-${batches}`);
  writeFileSync(file, `${commands.join('\n')}\n`);
  const startedMs = performance.now();
  await runCommand('sftp', stockArguments(login, file), { timeoutMs, output: 'discard' });
  return (performance.now() - startedMs) / 1000;
}

function stockArguments(login: StockLogin, batchFile: string): readonly string[] {
  const options = [
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'GlobalKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    ...(login.keyExchange === undefined ? [] : [`KexAlgorithms=${login.keyExchange}`]),
    ...(login.rekeyLimit === undefined ? [] : [`RekeyLimit=${login.rekeyLimit}`]),
  ];
  return [
    '-q',
    '-F',
    '/dev/null',
    '-i',
    login.keyFile,
    '-P',
    String(login.port),
    ...options.flatMap((option) => ['-o', option]),
    ...(login.cipher === null ? [] : ['-c', login.cipher]),
    '-b',
    batchFile,
    `${login.user}@127.0.0.1`,
  ];
}

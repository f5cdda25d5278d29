import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import type { Peer } from '../peers/peer.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const atATime = 8;
const lightProcesses = 2;
const lightMsMax = 120_000;

/** Logins with an SFTP channel, eight at a time. */
async function run(bench: Bench): Promise<Findings> {
  const byKey = bench.quick ? 80 : 400;
  const byChoice = bench.quick ? 24 : 200;
  const byPassword = bench.quick ? 24 : 100;
  const directory = clientDirectory(bench);
  const leg = (id: string, what: string, amount: number, work: Leg['run']): Leg => ({
    id,
    what,
    unit: 'logins/s',
    amount,
    cpu: { unit: 'ms/login', divisor: amount / 1000 },
    run: work,
  });
  const legs: readonly Leg[] = [
    {
      ...leg('logins-key', `${byKey} by key, stock client, curve25519`, byKey, (peer) =>
        stockLogins(directory, { ...peer, keyExchange: 'curve25519-sha256' }, byKey),
      ),
      goals: { speed: 'logins-key' },
    },
    {
      ...leg(
        'logins-key-default',
        `${byChoice} by key, stock client, its own choice`,
        byChoice,
        (peer) => stockLogins(directory, peer, byChoice),
      ),
      goals: { speed: 'logins-key-default' },
    },
    leg('logins-key-light', `${byKey} by key, light client`, byKey, (peer) =>
      lightLogins(peer, ['key', peer.keyFile], byKey),
    ),
    leg('logins-password', `${byPassword} by password, light client`, byPassword, (peer) => {
      const { passwordLogin } = peer;
      if ('missing' in passwordLogin) return Promise.reject(new Error(passwordLogin.missing));
      const { user, password } = passwordLogin;
      return lightLogins({ ...peer, user }, ['password', password], byPassword);
    }),
  ];
  return contest(bench, legs, {
    title: `Logins, ${atATime} at a time`,
    passwords: true,
    notes: [
      'Its own choice: with an sshd of 9.0 or newer the stock client takes the post-quantum sntrup761x25519, which costs the client ten times the CPU of curve25519 (0.14 s against 0.01 s a login on 2.5 GHz) and leaves the server less of the cores. So the figure to reach is given for both: what a stock client gets today, and curve25519 on either side.',
      `The stock client is a new process for each login; the light one is ssh2's, in ${lightProcesses} processes, with curve25519. Either shares the cores with the server: its CPU a login says more of it.`,
      'By password the price is the hash: Waybill Argon2id, sshd and ProFTPD SHA-512 crypt (5,000 rounds), rclone none at all. sshd has a throw-away system user for it.',
    ],
  });
}

/** So many logins, eight at a time; resolves with the seconds that they took. */
export async function stockLogins(
  directory: string,
  peer: Peer & { readonly keyExchange?: string },
  count: number,
): Promise<number> {
  let left = count;
  const startedMs = performance.now();
  const some = async () => {
    while (left-- > 0)
      await stockBatch(directory, { ...peer, cipher: 'aes128-gcm@openssh.com' }, ['bye'], 60_000);
  };
  await Promise.all(Array.from({ length: atATime }, some));
  return (performance.now() - startedMs) / 1000;
}

/** Seconds from the word to go to the last login; the client's own start is not among them. */
async function lightLogins(
  { port, user }: Pick<Peer, 'port' | 'user'>,
  method: readonly [string, string],
  count: number,
): Promise<number> {
  const each = [String(count / lightProcesses), String(atATime / lightProcesses)];
  const script = join(import.meta.dirname, '../login-client.js');
  const children = Array.from({ length: lightProcesses }, () =>
    spawn(process.execPath, [script, String(port), user, ...method, ...each], {
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: lightMsMax,
      killSignal: 'SIGKILL',
    }),
  );
  let words = '';
  for (const child of children) {
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    child.stdin.on('error', () => undefined);
  }
  const over = children.map(async (child) => {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`the light client failed: ${words.trim().split('\n').at(-1)}`);
  });
  const ready = children.map((child) => once(child.stdout, 'data'));
  await Promise.race([Promise.all(ready), Promise.all(over)]);
  const startedMs = performance.now();
  for (const child of children) child.stdin.write('go\n');
  await Promise.all(over);
  return (performance.now() - startedMs) / 1000;
}

export const logins: Trial = {
  name: 'logins',
  about: 'logins a second by key and by password, 8 at a time',
  quick: true,
  run,
};

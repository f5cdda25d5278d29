// The one file of `cli/` that imports ssh2: it stands in for `sftp` on machines without OpenSSH (Windows, small
// containers), so that the demo shows a real SFTP client there too.
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { promisify } from 'node:util';
import ssh2 from 'ssh2';
import type { SFTPWrapper } from 'ssh2';
import type { Action, Done, Login } from './demo/clients.ts';

/** Like `sftp -b`: the first action that fails ends the run. */
export async function runBuiltIn(login: Login, actions: readonly Action[]): Promise<Done> {
  const client = new ssh2.Client();
  const output: string[] = [];
  try {
    const ready = once(client, 'ready');
    client.connect({
      host: login.host,
      port: login.port,
      username: login.username,
      privateKey: readFileSync(login.privateKeyFile),
      hostVerifier: (key: Buffer) => knownKeys(login).includes(key.toString('base64')),
    });
    await ready;
    const sftp = await promisify<SFTPWrapper>((done) => client.sftp(done))();
    for (const action of actions) output.push(...(await act(sftp, action)));
    return { ok: true, output: output.join('\n') };
  } catch (error) {
    return { ok: false, output: [...output, String(error)].join('\n') };
  } finally {
    client.end();
  }
}

async function act(sftp: SFTPWrapper, action: Action): Promise<readonly string[]> {
  if (action.kind === 'list') {
    const entries = await promisify<{ filename: string }[]>((done) =>
      sftp.readdir(action.remote, (error, list) => done(error ?? null, list)),
    )();
    return entries.map((entry) => entry.filename);
  }
  const { kind, local, remote } = action;
  await promisify<void>((done) => {
    const end = (error?: Error | null) => done(error ?? null);
    if (kind === 'put') sftp.fastPut(local, remote, end);
    else sftp.fastGet(remote, local, end);
  })();
  return [];
}

function knownKeys(login: Login): readonly string[] {
  const lines = readFileSync(login.knownHostsFile, 'utf8').split('\n');
  return lines.flatMap((line) => line.split(' ').slice(2, 3));
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatSize } from '../units.ts';
import type { Action, DemoClient, Login } from './clients.ts';
import type { Logins } from './people.ts';
import { look, writeSample } from './sample.ts';
import type { Sample } from './sample.ts';

export type Exchange = {
  readonly client: DemoClient;
  readonly logins: Logins;
  /** For files on the users' side. */
  readonly directory: string;
  readonly step: (title: string) => void;
  readonly say: (line: string) => void;
};

/** County to State, State to county, and the county that must see nothing. */
export async function exchange(parts: Exchange): Promise<void> {
  const { client, logins, directory, step, say } = parts;
  step(`Alameda sends a file to the State with ${client.name}`);
  const cases = writeSample(
    join(directory, 'cases.csv'),
    'case extract from Alameda County',
    120_000,
  );
  tell(say, 'amy  put cases.csv -> /outgoing/cases.csv', cases);
  await run(parts, logins.amy, [{ kind: 'put', local: cases.path, remote: '/outgoing/cases.csv' }]);
  say("accepted: the whole file is on the server's disk, encrypted, and recorded");

  step('The State collects it');
  const collected = join(directory, 'collected.csv');
  await run(parts, logins.dana, [
    { kind: 'get', local: collected, remote: '/agencies/alameda/outgoing/cases.csv' },
  ]);
  compare(say, 'dana get /agencies/alameda/outgoing/cases.csv', cases, look(collected));

  step('The State sends one back, and Alameda collects it');
  const answer = writeSample(join(directory, 'results.csv'), 'results from DCSS', 20_000);
  tell(say, 'dana put results.csv -> /agencies/alameda/incoming/results.csv', answer);
  await run(parts, logins.dana, [
    { kind: 'put', local: answer.path, remote: '/agencies/alameda/incoming/results.csv' },
  ]);
  const received = join(directory, 'received.csv');
  await run(parts, logins.amy, [{ kind: 'get', local: received, remote: '/incoming/results.csv' }]);
  compare(say, 'amy  get /incoming/results.csv', answer, look(received));

  step("Kern looks for Alameda's file");
  await showIsolation(parts);
}

async function showIsolation(parts: Exchange): Promise<void> {
  const { client, logins, directory, say } = parts;
  // The login itself works, so what fails next fails because of the path.
  for (const remote of ['/', '/outgoing']) {
    const seen = await run(parts, logins.ken, [{ kind: 'list', remote }]);
    if (/cases\.csv|agencies/.test(withoutCommands(seen)))
      throw new Error(`kern sees what is not its own:\n${seen}`);
  }
  say('ken  ls /          its own tree, and no /agencies');
  const stolen = join(directory, 'stolen.csv');
  for (const remote of [
    '/agencies/alameda/outgoing/cases.csv',
    '/outgoing/cases.csv',
    '/../alameda/outgoing/cases.csv',
  ]) {
    const { ok, output } = await client.run(logins.ken, [{ kind: 'get', local: stolen, remote }]);
    if (ok || existsSync(stolen)) throw new Error(`kern could read ${remote}:\n${output}`);
    // Nothing else may have gone wrong: the answer is the one for a file that is not there.
    if (!/not found|no such|does not exist/i.test(output))
      throw new Error(`kern's get of ${remote} failed for another reason:\n${output}`);
    say(`ken  get ${remote}: there is no such file`);
  }
}

async function run(
  { client }: Exchange,
  login: Login,
  actions: readonly Action[],
): Promise<string> {
  const { ok, output } = await client.run(login, actions);
  if (!ok) throw new Error(`${login.username}'s ${client.name} failed:\n${output}`);
  return output;
}

/** `sftp -b` repeats each command after its prompt. */
function withoutCommands(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.startsWith('sftp>'))
    .join('\n');
}

function tell(say: Exchange['say'], what: string, file: Sample): void {
  say(what);
  say(`     ${formatSize(file.size)} (${file.size} bytes), SHA-256 ${file.sha256}`);
}

function compare(say: Exchange['say'], what: string, sent: Sample, arrived: Sample): void {
  tell(say, what, arrived);
  if (sent.sha256 !== arrived.sha256)
    throw new Error(`what arrived is not what was sent (SHA-256 ${sent.sha256})`);
  say('     the same SHA-256 as what was sent');
}

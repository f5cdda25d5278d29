import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allowedSignersIn, problemOfSignature } from '../ssh-signature.ts';
import type { Exchange } from './exchange.ts';

const signersName = 'allowed_signers';
const nameForm = /\b(\d{8})T(\d{6})\.\d{3}Z-[0-9a-f]{32}\.json\b(?!\.sig)/g;

type Receipt = {
  readonly kind: string;
  readonly path: string;
  readonly sha256: string;
  readonly collectedBy?: { readonly user: string };
};

/** What Alameda has in hand of the file that it sent, and that it is what the server signed. */
export async function showReceipts({
  client,
  logins,
  directory,
  step,
  say,
}: Exchange): Promise<void> {
  step('Alameda fetches its receipts, and verifies them without the server');
  const { ok, output } = await client.run(logins.amy, [{ kind: 'list', remote: '/receipts' }]);
  const names = [...new Set(Array.from(output.matchAll(nameForm), ([name]) => name))];
  if (!ok || names.length === 0) throw new Error(`there is no receipt:\n${output}`);
  const wanted = [signersName, ...names.flatMap((name) => [name, `${name}.sig`])];
  const fetched = await client.run(
    logins.amy,
    wanted.map((name) => ({
      kind: 'get',
      local: join(directory, name),
      remote: `/receipts/${name}`,
    })),
  );
  if (!fetched.ok) throw new Error(`the receipts cannot be fetched:\n${fetched.output}`);
  for (const name of names) {
    const text = readFileSync(join(directory, name), 'utf8');
    const { kind, path, sha256, collectedBy } = JSON.parse(text) as Receipt;
    say(`amy  get /receipts/${name}`);
    const by = collectedBy === undefined ? '' : ` by ${collectedBy.user}`;
    say(`     ${kind}${by}: ${path}, SHA-256 ${sha256.slice(0, 12)}…`);
    say(`     ${verify(directory, name, text)}`);
  }
}

/** With the machine's own `ssh-keygen`, as a county would; where there is none, with the command's own verifier. */
function verify(directory: string, name: string, text: string): string {
  const time = name.replace(nameForm, '$1$2Z');
  const [signers, signature] = [join(directory, signersName), join(directory, `${name}.sig`)];
  const options = ['-Y', 'verify', '-f', signers, '-I', 'waybill', '-n', 'waybill-receipt'];
  const args = [...options, `-Overify-time=${time}`, '-s', signature];
  const { error, status, stdout, stderr } = spawnSync('ssh-keygen', args, {
    input: text,
    encoding: 'utf8',
  });
  if (error === undefined) {
    if (status !== 0) throw new Error(`ssh-keygen does not verify ${name}:\n${stdout}${stderr}`);
    return stdout.trim();
  }
  const problem = problemOfSignature(
    text,
    readFileSync(signature, 'utf8'),
    { identity: 'waybill', namespace: 'waybill-receipt' },
    allowedSignersIn(readFileSync(signers, 'utf8')),
  );
  if (problem !== null) throw new Error(`${name} does not verify: ${problem}`);
  return 'the signature is good';
}

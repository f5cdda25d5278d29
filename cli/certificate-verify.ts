import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Api } from './api.ts';
import { bodyOf } from './body.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { allowedSignersIn, problemOfSignature } from './ssh-signature.ts';
import { printable } from './text.ts';

type Signed = {
  /** What is signed, to the byte. */
  readonly text: string;
  readonly signature: string;
};

type Verdict = {
  readonly id: string | null;
  readonly path: string | null;
  readonly good: boolean;
  /** Why it is not good. */
  readonly problem: string | null;
};

const trusted = { identity: 'waybill', namespace: 'waybill-destruction' } as const;

/** Checks certificates of files and of the server, one line of output for each. */
export async function verifyCertificates(
  parts: CliParts,
  api: Api,
  wanted: readonly string[],
  signersFile: string | undefined,
): Promise<{ readonly good: number; readonly bad: number }> {
  const signers = allowedSignersIn(await signersText(api, signersFile));
  let good = 0;
  let bad = 0;
  async function* verdicts(): AsyncIterable<readonly Verdict[]> {
    for (const each of wanted)
      for await (const { text, signature } of signedOf(api, each)) {
        const problem = problemOfSignature(text, signature, trusted, signers);
        if (problem === null) good += 1;
        else bad += 1;
        yield [{ ...shownOf(text), good: problem === null, problem }];
      }
  }
  if (api.json) await api.list(verdicts(), { columns: [], none: '' });
  // Not a table: an export may have more lines than fit into memory.
  else for await (const [verdict] of verdicts()) writeLine(parts.stdout, lineOf(verdict!));
  if (good + bad === 0) throw new CliFailure(exitCodes.failed, 'there is no certificate in that');
  return { good, bad };
}

async function signersText(api: Api, file: string | undefined): Promise<string> {
  if (file !== undefined) return readText(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(await api.client.download('/allowed-signers')))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* signedOf(api: Api, wanted: string): AsyncIterable<Signed> {
  if (!existsSync(wanted)) {
    yield await api.client.get<Signed>(`/certificates/${segment(wanted)}`, { format: 'json' });
    return;
  }
  const signatureFile = `${wanted}.sig`;
  if (existsSync(signatureFile))
    yield { text: readText(wanted), signature: readText(signatureFile) };
  else
    for await (const line of createInterface({ input: createReadStream(wanted) }))
      if (line.trim() !== '') yield signedIn(line);
}

const lineForm = /^\{"certificate":(\{.*\}),"signature":("(?:[^"\\]|\\.)*")\}$/;

/** A line of an export: the certificate stands in it to the byte as it was signed. */
function signedIn(line: string): Signed {
  const [, text, signature] = lineForm.exec(line) ?? [];
  // What is no certificate is shown as one that is not good, where it stands.
  const none = { text: line, signature: '' };
  if (text === undefined || signature === undefined) return none;
  try {
    return { text, signature: JSON.parse(signature) as string };
  } catch {
    return none;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(exitCodes.usage, `cannot read the file: ${(error as Error).message}`);
  }
}

function shownOf(text: string): Pick<Verdict, 'id' | 'path'> {
  try {
    const { id, path } = JSON.parse(text) as { readonly id?: unknown; readonly path?: unknown };
    const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
    return { id: textOf(id), path: textOf(path) };
  } catch {
    return { id: null, path: null };
  }
}

function lineOf({ id, path, problem }: Verdict): string {
  const words = `${id ?? 'no id'} ${path ?? ''}`.trim();
  return printable(problem === null ? `good ${words}` : `BAD  ${words}: ${problem}`);
}

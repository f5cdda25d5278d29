import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Api } from './api.ts';
import { bodyOf } from './body.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { allowedSignersIn, problemOfSignature } from './ssh-signature.ts';
import type { AllowedSigner } from './ssh-signature.ts';
import { printable } from './text.ts';

/** What the server signs: one kind of it, and how it is had. */
export type SignedKind = {
  /** As a line of an export names it. */
  readonly noun: 'certificate' | 'receipt';
  readonly namespace: string;
  /** Of the API. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The member that says when it was signed, ISO 8601. */
  readonly signedAt: string;
  /** The member that is its id. */
  readonly id: string;
};

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

const identity = 'waybill';

/** Checks what is in files and at the server, one line of output for each. */
export async function verifySigned(
  parts: CliParts,
  api: Api,
  kind: SignedKind,
  {
    wanted,
    signersFile,
  }: { readonly wanted: readonly string[]; readonly signersFile?: string | undefined },
): Promise<{ readonly good: number; readonly bad: number }> {
  const signers = allowedSignersIn(await signersText(api, signersFile));
  let good = 0;
  let bad = 0;
  async function* verdicts(): AsyncIterable<readonly Verdict[]> {
    for (const each of wanted)
      for await (const signed of signedOf(api, kind, each)) {
        const problem = problemOf(signed, kind, signers);
        if (problem === null) good += 1;
        else bad += 1;
        yield [{ ...shownOf(signed.text, kind), good: problem === null, problem }];
      }
  }
  if (api.json) await api.list(verdicts(), { columns: [], none: '' });
  // Not a table: an export may have more lines than fit into memory.
  else for await (const [verdict] of verdicts()) writeLine(parts.stdout, lineOf(verdict!));
  if (good + bad === 0) throw new CliFailure(exitCodes.failed, `there is no ${kind.noun} in that`);
  return { good, bad };
}

function problemOf(
  { text, signature }: Signed,
  { namespace, signedAt }: SignedKind,
  signers: readonly AllowedSigner[],
): string | null {
  const atMs = Date.parse(String(membersOf(text)[signedAt]));
  const trusted = { identity, namespace, ...(Number.isFinite(atMs) && { atMs }) };
  const problem = problemOfSignature(text, signature, trusted, signers);
  if (problem !== null || Number.isFinite(atMs)) return problem;
  return 'it does not say when it was signed';
}

async function signersText(api: Api, file: string | undefined): Promise<string> {
  if (file !== undefined) return readText(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodyOf(await api.client.download('/allowed-signers')))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function* signedOf(api: Api, kind: SignedKind, wanted: string): AsyncIterable<Signed> {
  if (!existsSync(wanted)) {
    yield await api.client.get<Signed>(`${kind.path}/${segment(wanted)}`, kind.query);
    return;
  }
  const signatureFile = `${wanted}.sig`;
  if (existsSync(signatureFile))
    yield { text: readText(wanted), signature: readText(signatureFile) };
  else
    for await (const line of createInterface({ input: createReadStream(wanted) }))
      if (line.trim() !== '') yield signedIn(line, kind);
}

/** A line of an export: what is signed stands in it to the byte. */
function signedIn(line: string, { noun }: SignedKind): Signed {
  const form = new RegExp(`^\\{"${noun}":(\\{.*\\}),"signature":("(?:[^"\\\\]|\\\\.)*")\\}$`);
  const [, text, signature] = form.exec(line) ?? [];
  // What is none is shown as one that is not good, where it stands.
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

function shownOf(text: string, kind: SignedKind): Pick<Verdict, 'id' | 'path'> {
  const members = membersOf(text);
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return { id: textOf(members[kind.id]), path: textOf(members['path']) };
}

function membersOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const members: unknown = JSON.parse(text);
    return typeof members === 'object' && members !== null
      ? (members as Readonly<Record<string, unknown>>)
      : {};
  } catch {
    return {};
  }
}

function lineOf({ id, path, problem }: Verdict): string {
  const words = `${id ?? 'no id'} ${path ?? ''}`.trim();
  return printable(problem === null ? `good ${words}` : `BAD  ${words}: ${problem}`);
}

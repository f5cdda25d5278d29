import { existsSync } from 'node:fs';
import { toFile } from './download.ts';
import { CliFailure, exitCodes } from './parts.ts';

type Signed = { readonly text: string; readonly signature: string };

/** Writes what is signed to a file, to the byte, and its signature beside it, as `ssh-keygen -Y verify` takes the two. */
export async function saveSigned(
  { text, signature }: Signed,
  output: string,
  force = false,
): Promise<void> {
  // Both before either: what is signed would stand beside the signature of another one.
  for (const file of [output, `${output}.sig`]) refuseExisting(file, force);
  await toFile(onePiece(text), output, force, () => undefined);
  await toFile(onePiece(signature), `${output}.sig`, force, () => undefined);
}

async function* onePiece(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

/** @throws CliFailure */
export function refuseExisting(output: string, force: boolean): void {
  if (!force && existsSync(output))
    throw new CliFailure(
      exitCodes.failed,
      `${output} exists; name another file with -o, or replace it with --force`,
    );
}

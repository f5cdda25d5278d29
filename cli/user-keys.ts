import { readFileSync } from 'node:fs';
import { segment } from './client.ts';
import type { Client } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';

export type UserKey = {
  readonly id: string;
  readonly type: string;
  readonly bits: number;
  readonly fingerprint: string;
  readonly label: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
};

const keyBytesMax = 64 * 1024;

/** The id of a key that is named by its id or its fingerprint. */
export async function keyIdOf(client: Client, username: string, wanted: string): Promise<string> {
  return wanted.startsWith('SHA256:')
    ? idOf(client.pages<UserKey>(keysPath(username)), wanted)
    : wanted;
}

async function idOf(
  pages: AsyncIterable<readonly UserKey[]>,
  fingerprint: string,
): Promise<string> {
  for await (const page of pages) {
    const found = page.find((key) => key.fingerprint === fingerprint);
    if (found !== undefined) return found.id;
  }
  throw new CliFailure(exitCodes.failed, `the user has no key ${fingerprint}`);
}

export async function readPublicKey(parts: CliParts, file: string): Promise<string> {
  const text = file === '-' ? await readAll(parts) : readKeyFile(file);
  if (text.length > keyBytesMax)
    throw new CliFailure(exitCodes.usage, 'that is too long for a public key');
  // Said here, before the secret half leaves this machine.
  if (/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File/m.test(text)) {
    throw new CliFailure(
      exitCodes.usage,
      'that is a private key, and it was not sent; give the public half',
      [
        'OpenSSH keeps it beside the private one in a .pub file; `ssh-keygen -y -f <private key>` prints it',
      ],
    );
  }
  if (text.trim() === '')
    throw new CliFailure(
      exitCodes.usage,
      `there is no key in ${file === '-' ? 'what came on stdin' : file}`,
    );
  return text.trim();
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(
      exitCodes.usage,
      `cannot read the public key file: ${(error as Error).message}`,
    );
  }
}

async function readAll({ stdin }: CliParts): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString('utf8');
}

export function keysPath(username: string): string {
  return `/users/${segment(username)}/keys`;
}

import { bodyOf } from './body.ts';
import { toFile, toStream } from './download.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { refuseExisting } from './save-signed.ts';
import { printable } from './text.ts';
import { formatSize } from './units.ts';

/** Where an answer is written to: stdout without a name. */
export type SaveTarget = {
  readonly output?: string | undefined;
  readonly force?: boolean | undefined;
};

export async function saveAnswer(
  parts: CliParts,
  answer: Response,
  { output, force = false }: SaveTarget,
): Promise<void> {
  const chunks = whole(answer);
  if (output === undefined || output === '-') {
    await toStream(chunks, parts.stdout);
    return;
  }
  refuseExisting(output, force);
  const size = await toFile(chunks, output, force, () => undefined);
  writeLine(parts.stderr, `${printable(output)}: ${formatSize(size)}`);
}

/** The server cuts what it cannot send to its end. */
async function* whole(answer: Response): AsyncIterable<Uint8Array> {
  try {
    yield* bodyOf(answer);
  } catch (error) {
    const { message } = error as Error;
    throw new CliFailure(
      exitCodes.failed,
      `the answer broke off (${printable(message)}): what came is not all; try again`,
    );
  }
}

import { createInterface } from 'node:readline/promises';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';

const passwordBytesMax = 64 * 1024;

/** Asks twice on a terminal, without showing it; elsewhere the first line of stdin is the password. */
export async function readPassword(parts: CliParts, subject: string): Promise<string> {
  const { stdin } = parts;
  let password: string;
  if (stdin.isTTY === true && stdin.setRawMode !== undefined) {
    password = await askHidden(parts, `Password for ${subject}: `);
    const again = await askHidden(parts, 'Once more: ');
    if (again !== password)
      throw new CliFailure(
        exitCodes.failed,
        'the two passwords are not the same; nothing was changed',
      );
  } else {
    password = await firstLine(stdin);
  }
  if (password === '')
    throw new CliFailure(
      exitCodes.usage,
      'no password on stdin; type it, or pipe it in: waybill user set-password <username> < file',
    );
  return password;
}

async function firstLine(stdin: CliParts['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    bytes += chunks.at(-1)!.length;
    if (bytes > passwordBytesMax)
      throw new CliFailure(exitCodes.usage, 'what comes on stdin is too long for a password');
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) throw new CliFailure(exitCodes.usage, 'the password must be one line');
  return text;
}

function askHidden({ stdin, stderr }: CliParts, question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode!(true);
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = () => {
      stdin.off('data', take);
      stdin.setRawMode!(false);
      stdin.pause();
      stderr.write('\n');
    };
    const take = (chunk: Buffer | string) => {
      for (const character of chunk.toString('utf8')) {
        if (character === '\r' || character === '\n') {
          end();
          resolve(typed);
          return;
        }
        // Raw mode: Ctrl-C and Ctrl-D are ours to act on.
        if (character === '\u0003' || character === '\u0004') {
          end();
          reject(new CliFailure(exitCodes.failed, 'stopped; nothing was changed'));
          return;
        }
        if (character === '\u007f' || character === '\b')
          typed = Array.from(typed).slice(0, -1).join('');
        else if (character === '\u0015') typed = '';
        else typed += character;
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
}

/** Asks a person before what cannot be undone; a script (no terminal) and `--yes` go ahead. */
export async function confirm(
  parts: CliParts,
  options: { readonly yes?: boolean },
  question: string,
): Promise<void> {
  if (options.yes === true || parts.stdin.isTTY !== true) return;
  const lines = createInterface({ input: parts.stdin, output: parts.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new CliFailure(exitCodes.failed, 'nothing was changed');
}

import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export type Ran = { readonly status: number | null; readonly output: string };

/** Runs a program to its end with `input` on stdin; both output streams in one text. */
export async function runProgram(
  command: string,
  argv: readonly string[],
  input: string,
  timeoutMs: number,
): Promise<Ran> {
  const child = spawn(command, argv, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output: lines.join('\n') };
}

import { spawn } from 'node:child_process';
import { processTree } from './processes.ts';

const wordsMax = 64 * 1024;

export type CommandOptions = {
  readonly timeoutMs: number;
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** `discard` reads what it prints and forgets it; default `keep`. */
  readonly output?: 'keep' | 'discard';
};

/**
 * Runs a program to its end; resolves with its standard output.
 *
 * @throws Error with the last of its words where it fails, or does not end in time: then it is killed, children and all
 */
export function runCommand(
  program: string,
  args: readonly string[],
  { timeoutMs, input, environment, output = 'keep' }: CommandOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', output === 'keep' ? 'pipe' : 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    let printed = '';
    let words = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killTree(child.pid);
    }, timeoutMs);
    child.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.stderr?.on(
      'data',
      (chunk: Buffer) => (words = (words + chunk.toString()).slice(-wordsMax)),
    );
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(printed);
      const how = late ? `not done after ${timeoutMs / 1000} s` : `${signal ?? code}`;
      reject(new Error(`${program}: ${how}${words === '' ? '' : `: ${lastLines(words)}`}`));
    });
  });
}

/** Null where there is no such program, or it fails. */
export async function outputOf(program: string, args: readonly string[]): Promise<string | null> {
  return runCommand(program, args, { timeoutMs: 10_000 }).catch(() => null);
}

function lastLines(words: string): string {
  return words.trim().split('\n').slice(-3).join(' / ');
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  for (const each of processTree(pid)) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // It was quicker.
    }
  }
}

import type { Readable, Writable } from 'node:stream';

/** What a command may touch of the process; tests hand over their own. */
export type CliParts = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  /** Data, and nothing else. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Messages, progress, questions. */
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly nowMs: () => number;
};

/** The exit codes that scripts rely on. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3, waiting: 4 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command's end that is not success: what to tell, and the status to end with. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
  readonly exitCode: ExitCode;
  /** One more line each: the field errors, or what to do. */
  readonly details: readonly string[];

  constructor(exitCode: ExitCode, message: string, details: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.details = details;
  }
}

export function writeLine(stream: Writable, line: string): void {
  stream.write(`${line}\n`);
}

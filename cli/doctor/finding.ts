/** `skip`: could not be looked at now, and `detail` says why. */
export type Level = 'ok' | 'warn' | 'fail' | 'skip';

export type Finding = {
  readonly level: Level;
  /** What was looked at; one word for each kind of check. */
  readonly name: string;
  readonly detail: string;
  readonly todo?: string;
};

export function finding(level: Level, name: string, detail: string, todo?: string): Finding {
  return todo === undefined ? { level, name, detail } : { level, name, detail, todo };
}

/** The first line of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

export type Settings = {
  readonly directory: string;
  readonly rounds: number;
  readonly mib: number;
  /** For the trial of idle sessions. */
  readonly sessions: number;
};

export type Figure = {
  readonly median: number;
  /** Server CPU, user and system, of one round. */ readonly cpuSeconds: number;
};

/** One line of the result; higher is better. `sshd` is null where it is not installed. */
export type Row = {
  readonly trial: string;
  readonly unit: string;
  readonly waybill: Figure;
  readonly sshd: Figure | null;
};

export type Trial = (settings: Settings) => Promise<readonly Row[]>;

/** The result of a trial that has nothing to be compared with. */
export type Table = {
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
};

export type Study = (settings: Settings) => Promise<Table>;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

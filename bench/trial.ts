import type { GoalId } from './goals.ts';
import type { Housekeeping } from './housekeeping.ts';
import type { PeerMaker } from './peers/peer.ts';
import type { PlotSeries } from './plot.ts';

/** What a trial gets of the run that it is part of. */
export type Bench = {
  /** The trial's own; removed after it. Servers, their files and the client's lie here, on one file system. */
  readonly directory: string;
  readonly rounds: number;
  readonly quick: boolean;
  /** Size of the large file. */
  readonly mib: number;
  /** How many small files. */
  readonly files: number;
  /** How many entries the larger catalogue of the trial of growth has; null: its own choice. */
  readonly entries: number | null;
  /** Those to be compared with that are present, Waybill first. */
  readonly peers: readonly PeerMaker[];
  readonly housekeeping: Housekeeping;
  /** A line to the one who waits (standard error). */
  readonly say: (line: string) => void;
};

export type Trial = {
  /** As typed on the command line. */
  readonly name: string;
  /** What it measures, in a line. */
  readonly about: string;
  /** Part of `--quick`: it has a figure to reach. */
  readonly quick: boolean;
  /** @throws what keeps it from a result; the run goes on with the next trial */
  run(bench: Bench): Promise<Findings>;
};

export type Findings = {
  readonly tables: readonly Table[];
  /** Waybill's figure against sshd's (or against itself, for growth), for each goal that the trial speaks to. */
  readonly figures?: Readonly<Partial<Record<GoalId, number>>>;
  /** Plain values that other parts of the report reckon with, such as `put-aes128-gcm.cpuPerGib`. */
  readonly values?: Readonly<Record<string, number>>;
  readonly plot?: readonly PlotSeries[];
};

/** Rows of text for a person. */
export type Table = {
  readonly title: string;
  readonly columns: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** What a reader has to know to judge the figures. */
  readonly notes?: readonly string[];
};

import type { CliParts } from './parts.ts';
import { printable } from './text.ts';
import { formatSize } from './units.ts';

/** What a person at a terminal sees of work that takes a while; a script sees nothing of it. */
export type Progress = {
  /** Another part of the work begins, of so many bytes; null where nobody knows. */
  begin(what: string, bytesTotal: number | null): void;
  readonly add: (bytes: number) => void;
  /** Takes the line away. */
  end(): void;
};

const drawMs = 100;
/** Before that a rate says little. */
const rateMsMin = 2_000;

export function showProgress({ stderr, nowMs }: Pick<CliParts, 'stderr' | 'nowMs'>): Progress {
  if (stderr.isTTY !== true)
    return { begin: () => undefined, add: () => undefined, end: () => undefined };
  let work: Work = { what: '', bytesTotal: 0, bytesDone: 0, startedMs: 0 };
  let drawnMs = 0;
  const draw = () => {
    drawnMs = nowMs();
    stderr.write(`\r\u001b[K${progressText(work, drawnMs)}`);
  };
  const end = () => {
    if (drawnMs > 0) stderr.write('\r\u001b[K');
    drawnMs = 0;
  };
  return {
    begin: (what, bytesTotal) => {
      end();
      work = { what, bytesTotal, bytesDone: 0, startedMs: nowMs() };
    },
    add: (bytes) => {
      work = { ...work, bytesDone: work.bytesDone + bytes };
      if (nowMs() - drawnMs >= drawMs) draw();
    },
    end,
  };
}

type Work = {
  readonly what: string;
  readonly bytesTotal: number | null;
  readonly bytesDone: number;
  readonly startedMs: number;
};

/** `copying: 1.2 GB of 4 GB (30 %), 210 MB/s, 13 s left` */
export function progressText(work: Work, nowMs: number): string {
  const { what, bytesTotal, bytesDone, startedMs } = work;
  const ms = nowMs - startedMs;
  const bytesPerMs = bytesDone / ms;
  const hasRate = ms >= rateMsMin && bytesDone > 0;
  const words = [`${printable(what)}: ${formatSize(bytesDone)}${partText(bytesDone, bytesTotal)}`];
  if (hasRate) words.push(`${formatSize(Math.round(bytesPerMs * 1000))}/s`);
  if (hasRate && bytesTotal !== null)
    words.push(`${leftText(Math.max(0, bytesTotal - bytesDone) / bytesPerMs)} left`);
  return words.join(', ');
}

function partText(bytesDone: number, bytesTotal: number | null): string {
  if (bytesTotal === null) return '';
  const part = bytesTotal === 0 ? 1 : Math.min(1, bytesDone / bytesTotal);
  return ` of ${formatSize(bytesTotal)} (${Math.floor(part * 100)} %)`;
}

function leftText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

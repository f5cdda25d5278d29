import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const pageBytes = 4096;

/** A process as proc(5) tells of it; ticks are user and system time, `waitedTicks` those of children it waited for. */
type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly ticks: number;
  readonly waitedTicks: number;
  readonly residentBytes: number;
};

/** A process and its living children, theirs included. */
export function processTree(pid: number): readonly number[] {
  return treeOf(pid).map((each) => each.pid);
}

function treeOf(root: number): readonly ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
  const found = all.filter(({ pid }) => pid === root);
  // Grows while it is walked.
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

/** User and system time of a process, its living children and those it has waited for. */
export function cpuSecondsOf(pid: number): number {
  const ticks = treeOf(pid).reduce((sum, each) => sum + each.ticks + each.waitedTicks, 0);
  return ticks / ticksPerSecond;
}

/** Of a process and the children it has waited for, without those that live. */
export function ownCpuSecondsOf(pid: number): number {
  const own = statOf(pid);
  return own === undefined ? 0 : (own.ticks + own.waitedTicks) / ticksPerSecond;
}

/** What a process and its children hold of memory, with shared pages divided among those who share them (Pss). */
export function treeBytes(pid: number): number {
  return treeOf(pid).reduce((sum, each) => sum + (pssBytes(each.pid) ?? each.residentBytes), 0);
}

function pssBytes(pid: number): number | undefined {
  try {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** Living processes that this one has started, or that carry `marker` (`NAME=value`) in their environment. */
export function startedByUs(marker: string): readonly number[] {
  const children = treeOf(process.pid).filter(({ state }) => state !== 'Z');
  const marked = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentHas(name, marker))
    .map(Number);
  const all = new Set([...children.map(({ pid }) => pid), ...marked]);
  all.delete(process.pid);
  return [...all];
}

function environmentHas(pid: string, marker: string): boolean {
  try {
    // A process that has ended and waits for its parent has none.
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(marker);
  } catch {
    return false;
  }
}

/** /proc/<pid>/stat; the fields after the command name begin with the state. */
function statOf(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const number = (index: number) => Number(fields[index]);
    return {
      pid,
      parent: number(1),
      state: fields[0]!,
      ticks: number(11) + number(12),
      waitedTicks: number(13) + number(14),
      residentBytes: number(21) * pageBytes,
    };
  } catch {
    return undefined;
  }
}

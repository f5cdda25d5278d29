import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;
const pageBytes = 4096;

/** A process and its living children, theirs included (proc(5)). */
export function processTree(pid: number): readonly number[] {
  if (statOf(pid) === undefined) return [];
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(Number(name))?.[1] === String(pid))
    .map(Number);
  return [pid, ...children.flatMap(processTree)];
}

/** User and system time of a process, its living children and those it has waited for. */
export function cpuSecondsOf(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    const ticks = statOf(each)?.slice(11, 15) ?? [];
    return sum + ticks.reduce((own, count) => own + Number(count), 0) / ticksPerSecond;
  }, 0);
}

/** What of one process lies in memory now. */
export function residentBytes(pid: number): number {
  return Number(statOf(pid)?.[21] ?? 0) * pageBytes;
}

/** The fields of /proc/<pid>/stat after the command name, state first. */
function statOf(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

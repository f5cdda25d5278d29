import type { Attributes } from '../domain/attributes.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYearMs = (365 * 24 * 60 * 60 * 1000) / 2;
const minuteMs = 60 * 1000;

/**
 * The line of `ls -l` that OpenSSH's server sends (`ls_file` in sftp-common.c): FileZilla tells directories from files by
 * its first character and lftp parses owner, group and links from it (clients.md fact 5). Dates are UTC.
 */
export function longname(name: string, attributes: Attributes, nowMs: number): string {
  const { size, modifiedAtMs } = attributes;
  const date = dateText(Math.floor(modifiedAtMs / minuteMs) * minuteMs, nowMs);
  return `${headText(attributes)} ${String(size).padStart(8)} ${date} ${name}`;
}

/** Mode, links, owner and group: in most directories those of the line before. */
function headText({ kind, mode, owner, group }: Attributes): string {
  if (
    lastHead.kind !== kind ||
    lastHead.mode !== mode ||
    lastHead.owner !== owner ||
    lastHead.group !== group
  ) {
    const links = kind === 'directory' ? '  2' : '  1';
    const text = `${modeText(kind, mode)} ${links} ${owner.padEnd(8)} ${group.padEnd(8)}`;
    lastHead = { kind, mode, owner, group, text };
  }
  return lastHead.text;
}

let lastHead = { kind: '', mode: -1, owner: '', group: '', text: '' };

const triplets = ['---', '--x', '-w-', '-wx', 'r--', 'r-x', 'rw-', 'rwx'] as const;

function modeText(kind: Attributes['kind'], mode: number): string {
  const triplet = (bits: number) => triplets[bits & 7]!;
  return `${kind === 'directory' ? 'd' : '-'}${triplet(mode >> 6)}${triplet(mode >> 3)}${triplet(mode)}`;
}

/** `%b %e %H:%M` within half a year past, else `%b %e  %Y`. */
function dateText(minuteAtMs: number, nowMs: number): string {
  const isRecent = minuteAtMs <= nowMs && nowMs - minuteAtMs < halfYearMs;
  // Files of one batch came together: most have the date of the one before.
  if (lastDate.atMs !== minuteAtMs || lastDate.isRecent !== isRecent)
    lastDate = { atMs: minuteAtMs, isRecent, text: freshDateText(minuteAtMs, isRecent) };
  return lastDate.text;
}

let lastDate = { atMs: Number.NaN, isRecent: false, text: '' };

function freshDateText(atMs: number, isRecent: boolean): string {
  const at = new Date(atMs);
  const day = `${months[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}`;
  if (!isRecent) return `${day}  ${at.getUTCFullYear()}`;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

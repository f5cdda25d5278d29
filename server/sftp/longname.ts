import type { Attributes } from '../domain/attributes.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const halfYearMs = (365 * 24 * 60 * 60 * 1000) / 2;

/**
 * The line of `ls -l` that OpenSSH's server sends (`ls_file` in sftp-common.c): FileZilla tells directories from files by
 * its first character and lftp parses owner, group and links from it (clients.md fact 5). Dates are UTC.
 */
export function longname(name: string, attributes: Attributes, nowMs: number): string {
  const links = attributes.kind === 'directory' ? '2' : '1';
  return [
    modeText(attributes),
    links.padStart(3),
    attributes.owner.padEnd(8),
    attributes.group.padEnd(8),
    String(attributes.size).padStart(8),
    dateText(attributes.modifiedAtMs, nowMs),
    name,
  ].join(' ');
}

function modeText({ kind, mode }: Attributes): string {
  const triplet = (bits: number) =>
    `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`;
  return `${kind === 'directory' ? 'd' : '-'}${triplet(mode >> 6)}${triplet(mode >> 3)}${triplet(mode)}`;
}

/** `%b %e %H:%M` within half a year past, else `%b %e  %Y`. */
function dateText(atMs: number, nowMs: number): string {
  const at = new Date(atMs);
  const day = `${months[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2)}`;
  const recent = atMs <= nowMs && nowMs - atMs < halfYearMs;
  if (!recent) return `${day}  ${at.getUTCFullYear()}`;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${day} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
}

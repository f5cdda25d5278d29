import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the file system that an export goes to cannot hold. */
export type NameRules = {
  /** Names that differ in the case of letters alone are the same. */
  readonly caseless: boolean;
  /** Windows' own: signs, devices, a dot or a space at the end. */
  readonly windows: boolean;
};

/** Asks the file system of an existing directory. `portable` expects the least of it, wherever the files go next. */
export async function nameRulesOf(directory: string, portable: boolean): Promise<NameRules> {
  if (portable) return { caseless: true, windows: true };
  const probe = join(directory, '.waybill-probe-a');
  await writeFile(probe, '');
  try {
    const caseless = existsSync(join(directory, '.WAYBILL-PROBE-A'));
    return { caseless, windows: process.platform === 'win32' };
  } finally {
    await rm(probe, { force: true });
  }
}

const nameBytesMax = 255;
const windowsSigns = /[<>:"|?*]/g;
const windowsDevices = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Gives each name of a directory one that the file system can hold, and no two the same. */
export class DirectoryNames {
  readonly #rules: NameRules;
  readonly #taken = new Set<string>();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  /** @param id of the entry: what is added where the name alone will not do */
  nameFor(name: string, id: string): string {
    const { windows } = this.#rules;
    const single = isSingle(name) ? name : 'unnamed';
    const possible = windows ? forWindows(single) : single;
    const chosen = this.#isTaken(possible) ? marked(possible, id) : possible;
    this.#taken.add(this.#folded(chosen));
    return chosen;
  }

  #isTaken(name: string): boolean {
    return this.#taken.has(this.#folded(name)) || Buffer.byteLength(name) > nameBytesMax;
  }

  #folded(name: string): string {
    return this.#rules.caseless ? name.toUpperCase().toLowerCase().normalize('NFKC') : name;
  }
}

/** Whatever a server says: never a way out of the directory. */
function isSingle(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

/** As in a URL, so that one can see what it was. */
function forWindows(name: string): string {
  const encoded = name
    .replace(windowsSigns, percent)
    .replace(/[. ]$/, percent)
    .replace(/^~/, percent);
  return windowsDevices.test(encoded) ? encoded.replace(/^./, percent) : encoded;
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** `cases.csv` -> `cases~1a2b….csv`, cut where it would be too long. */
function marked(name: string, id: string): string {
  const at = name.lastIndexOf('.');
  const end = at > 0 && name.length - at <= 10 ? name.slice(at) : '';
  let start = end === '' ? name : name.slice(0, at);
  const mark = `~${id}`;
  while (Buffer.byteLength(start + mark + end) > nameBytesMax)
    start = Array.from(start).slice(0, -1).join('');
  return start + mark + end;
}

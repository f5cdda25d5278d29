import type { Attributes, DirectoryEntry } from './attributes.ts';

/**
 * A batch of a directory in one text: `name/kind/size/mode/accessedAtMs/modifiedAtMs/owner/group` again and again, a slash
 * between, which is in no name. The database writes it, it crosses between processes as it is, and only where a client
 * is told of an entry is it taken apart: values and keys for each cost more than all else (docs/decisions/0014).
 */
export type ListingText = string;

const separator = '/';
const fieldsPerEntry = 8;

export function listingText(entries: readonly DirectoryEntry[]): ListingText {
  return entries.map(({ name, attributes }) => entryText(name, attributes)).join(separator);
}

function entryText(name: string, attributes: Attributes): string {
  const { kind, size, mode, accessedAtMs, modifiedAtMs, owner, group } = attributes;
  return [name, kind, size, mode, accessedAtMs, modifiedAtMs, owner, group].join(separator);
}

/** The entries of a text, each taken apart when it is asked for. */
export class ListedEntries {
  readonly #fields: readonly string[];

  constructor(text: ListingText) {
    this.#fields = text === '' ? [] : text.split(separator);
  }

  get length(): number {
    return this.#fields.length / fieldsPerEntry;
  }

  /** Undefined beyond the last. */
  at(index: number): DirectoryEntry | undefined {
    const fields = this.#fields;
    const first = index * fieldsPerEntry;
    const name = fields[first];
    if (name === undefined) return undefined;
    return {
      name,
      attributes: {
        kind: fields[first + 1] === 'directory' ? 'directory' : 'file',
        size: Number(fields[first + 2]),
        mode: Number(fields[first + 3]),
        accessedAtMs: Number(fields[first + 4]),
        modifiedAtMs: Number(fields[first + 5]),
        owner: fields[first + 6]!,
        group: fields[first + 7]!,
      },
    };
  }
}

import type { DirectoryEntry } from '../domain/attributes.ts';
import type { Outcome } from '../domain/faults.ts';
import type { FileRequest, ListReply } from '../domain/requests.ts';

/**
 * A batch of a directory as it crosses between processes: one flat list of `name, isDirectory, size, mode, accessedAtMs,
 * modifiedAtMs, owner, group` again and again, owner and group by their places in `people`. Keys and names that repeat
 * with each entry took four fifths of the time to write and read it (docs/decisions/0009).
 */
type Flat = {
  readonly people: readonly string[];
  readonly fields: readonly (string | number)[];
  readonly next: string | null;
};

const fieldsPerEntry = 8;

/** Whether the answer to a call is one. */
export function isListing(verb: string, args: readonly unknown[]): boolean {
  return verb === 'request' && (args[1] as FileRequest).kind === 'list';
}

export type Flattened = Outcome<Flat>;

export function flattened(reply: Outcome<ListReply>): Flattened {
  if (!reply.ok) return reply;
  const { entries, next } = reply.value;
  const people = new Map<string, number>();
  const placeOf = (person: string): number => {
    const known = people.get(person);
    if (known !== undefined) return known;
    people.set(person, people.size);
    return people.size - 1;
  };
  const fields: (string | number)[] = [];
  for (const { name, attributes } of entries) {
    const { kind, size, mode, accessedAtMs, modifiedAtMs, owner, group } = attributes;
    const isDirectory = kind === 'directory' ? 1 : 0;
    fields.push(name, isDirectory, size, mode, accessedAtMs, modifiedAtMs);
    fields.push(placeOf(owner), placeOf(group));
  }
  return { ok: true, value: { people: [...people.keys()], fields, next } };
}

/** What `flattened` made, which only the monitor does. */
export function unflattened(reply: Flattened): Outcome<ListReply> {
  if (!reply.ok) return reply;
  const { people, fields, next } = reply.value;
  const entries: DirectoryEntry[] = [];
  for (let at = 0; at < fields.length; at += fieldsPerEntry) {
    const number = (offset: number) => fields[at + offset] as number;
    entries.push({
      name: fields[at] as string,
      attributes: {
        kind: number(1) === 1 ? 'directory' : 'file',
        size: number(2),
        mode: number(3),
        accessedAtMs: number(4),
        modifiedAtMs: number(5),
        owner: people[number(6)]!,
        group: people[number(7)]!,
      },
    });
  }
  return { ok: true, value: { entries, next } };
}

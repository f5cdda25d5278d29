import type { Reader, Unit } from '../database/units.ts';
import { canonicalJson } from './canonical-json.ts';
import type { NameInRow } from './named-event.ts';
import { holdingOf } from './name-members.ts';
import type { LedgerNames, OpenedName } from './names.ts';

/** Where a name was that is redacted. */
export const redactedText = '[redacted]';

/** A row as it was hashed. */
type HashedRow = { readonly body: string };

/**
 * What a row says, its names opened. Where it has any, `names` has what stands in their places in the row as it was hashed,
 * by JSON pointer: who puts that back, and takes `names` away, has the text that the hash is of (RFC 8785).
 */
export type OpenedBody = Readonly<Record<string, unknown>> & {
  readonly names?: Readonly<Record<string, unknown>>;
};

type Opening = Pick<LedgerNames, 'open'>;

/** @throws Fault `key-material-unusable` */
export async function openedBodies(
  reader: Reader | Unit,
  names: Opening,
  rows: readonly HashedRow[],
): Promise<readonly OpenedBody[]> {
  const bodies = rows.map(parsed);
  const opened = await names.open(reader, bodies.flatMap(commitmentsIn));
  return bodies.map((body) => openBody(body, (commitment) => opened.get(commitment)?.path));
}

/** @throws Fault `key-material-unusable` */
export async function openedBody(
  reader: Reader | Unit,
  names: Opening,
  row: HashedRow,
): Promise<OpenedBody> {
  const [body] = await openedBodies(reader, names, [row]);
  return body!;
}

/** The names that rows speak of, each once, in the order of their first use; nothing of those that are redacted. */
export async function namesIn(
  reader: Reader | Unit,
  names: Opening,
  rows: readonly HashedRow[],
): Promise<readonly OpenedName[]> {
  const commitments = rows.flatMap((row) => commitmentsIn(parsed(row)));
  const opened = await names.open(reader, commitments);
  // A map is in the order in which it was made.
  return [...opened.values()];
}

/** The commitments that a row has in place of names, in the order of its members. */
export function commitmentsOf(row: HashedRow): readonly string[] {
  return commitmentsIn(parsed(row));
}

/** The same as one text; that of the row itself, where it has no names. */
export function openedText(row: HashedRow, body: OpenedBody): string {
  return body.names === undefined ? row.body : canonicalJson(body);
}

function parsed({ body }: HashedRow): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

type Found = {
  readonly member: string;
  /** In an object that is the member's value, `path` of which it is. */
  readonly isInside: boolean;
  /** What stands there: a name, or pieces of a URL with some among them. */
  readonly value: NameInRow | readonly (string | NameInRow)[];
};

function* namesOfBody(body: Readonly<Record<string, unknown>>): Generator<Found> {
  for (const [member, value] of Object.entries(body)) {
    if (typeof value !== 'object' || value === null) continue;
    const holding = holdingOf(member);
    if (holding === 'plain') continue;
    if (holding === 'change') {
      // It may itself be of a name, such as an agency's.
      if ('path' in value && isNameInRow(value.path))
        yield { member, isInside: true, value: value.path };
    } else if (isNameInRow(value)) yield { member, isInside: false, value };
    else if (holding === 'url' && Array.isArray(value))
      yield { member, isInside: false, value: value as readonly (string | NameInRow)[] };
  }
}

function isNameInRow(value: unknown): value is NameInRow {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    Object.keys(value).length === 1
  );
}

function commitmentsIn(body: Readonly<Record<string, unknown>>): string[] {
  return [...namesOfBody(body)].flatMap(({ value }) =>
    'name' in value
      ? [value.name]
      : value.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.name])),
  );
}

function openBody(
  body: Readonly<Record<string, unknown>>,
  nameOf: (commitment: string) => string | undefined,
): OpenedBody {
  const names = sealedNames(body);
  if (names === undefined) return body;
  const opened: Record<string, unknown> = { ...body };
  for (const { member, isInside, value } of namesOfBody(body)) {
    const shown = 'name' in value ? (nameOf(value.name) ?? redactedText) : urlOf(value, nameOf);
    opened[member] = isInside ? { ...(body[member] as object), path: shown } : shown;
  }
  return { ...opened, names };
}

/** What stands in the places of names, by JSON pointer; undefined where there are none. */
export function sealedNames(
  body: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const found = [...namesOfBody(body)].map(({ member, isInside, value }) => [
    isInside ? `/${member}/path` : `/${member}`,
    value,
  ]);
  return found.length === 0 ? undefined : (Object.fromEntries(found) as Record<string, unknown>);
}

function urlOf(
  pieces: readonly (string | NameInRow)[],
  nameOf: (commitment: string) => string | undefined,
): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const name = nameOf(piece.name);
      return name === undefined ? redactedText : encodeURIComponent(name);
    })
    .join('');
}

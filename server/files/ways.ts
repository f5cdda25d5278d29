import { prepare, type PreparedQuery } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader } from '../database/units.ts';

/** The names on the way down from a root, by their place in it, and the root's `id`. */
type Way = Readonly<Record<string, string>>;

/** Names in one query: SQLite's parser goes some thirty deep. */
const namesPerQuery = 8;

/** One for each number of names. */
const queries: PreparedQuery<Way, Row<'entries'>>[] = [];

/**
 * The entry that lies so many names below a root, found in one query for most: only directories have children, so a file
 * in the middle of a path leads nowhere.
 */
export async function followWay(
  reader: Reader,
  rootId: string,
  segments: readonly string[],
): Promise<Row<'entries'> | undefined> {
  let id = rootId;
  let at = 0;
  for (; segments.length - at > namesPerQuery; at += namesPerQuery) {
    const entry = await follow(reader, id, segments.slice(at, at + namesPerQuery));
    if (entry === undefined) return undefined;
    id = entry.id;
  }
  return follow(reader, id, at === 0 ? segments : segments.slice(at));
}

function follow(
  reader: Reader,
  fromId: string,
  names: readonly string[],
): Promise<Row<'entries'> | undefined> {
  const query = (queries[names.length] ??= queryOf(names.length));
  const way: Record<string, string> = { id: fromId };
  for (const [at, name] of names.entries()) way[at] = name;
  return query.first(reader, way);
}

function queryOf(depth: number): PreparedQuery<Way, Row<'entries'>> {
  return prepare((query, way: Way) => {
    const entries = query.selectFrom('entries').selectAll();
    if (depth === 0) return entries.where('id', '=', way['id']!);
    const last = entries.where('name', '=', way[depth - 1]!);
    if (depth === 1) return last.where('parent_id', '=', way['id']!);
    const ids = query.selectFrom('entries').select('id');
    let parent = ids.where('parent_id', '=', way['id']!).where('name', '=', way[0]!);
    for (let at = 1; at < depth - 1; at += 1)
      parent = ids.where('parent_id', '=', parent).where('name', '=', way[at]!);
    return last.where('parent_id', '=', parent);
  });
}

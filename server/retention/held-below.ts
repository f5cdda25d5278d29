import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import { type Glob, matchesGlob } from '../domain/glob.ts';
import type { HoldableDirectory } from '../files/holds.ts';
import { previousVersions } from '../files/versions.ts';

/** Entries that are looked at: who asks is in a unit. In a larger directory something is taken to be held. */
const entriesMax = 500;

/** What a hold is on, but for the agency. */
export type Wide = {
  readonly glob: string | null;
  readonly received_from: number | null;
  readonly received_until: number | null;
};

export function isReceivedIn(
  { received_from, received_until }: Pick<Wide, 'received_from' | 'received_until'>,
  receivedAtMs: number,
): boolean {
  return (
    (received_from === null || receivedAtMs >= received_from) &&
    (received_until === null || receivedAtMs < received_until)
  );
}

const inRange = prepare((query, given: { fromMs: number; untilMs: number }) =>
  query
    .selectFrom('versions')
    .select('id')
    .where('blob_id', 'is not', null)
    .where('received_at', '>=', given.fromMs)
    .where('received_at', '<', given.untilMs)
    .limit(1),
);

const childrenOf = prepare((query, given: { parentId: string; max: number }) =>
  query
    .selectFrom('entries')
    .leftJoin('versions', 'versions.id', 'entries.version_id')
    .select(['entries.id', 'entries.name', 'entries.kind', 'versions.received_at'])
    .where('entries.parent_id', '=', given.parentId)
    .limit(given.max),
);

/** Whether a hold is on something that is below a directory now. In doubt it is. */
export async function isOnSomethingBelow(
  reader: Reader | Unit,
  hold: Wide,
  { entryId, path }: HoldableDirectory,
): Promise<boolean> {
  const { received_from: fromMs, received_until: untilMs } = hold;
  const range = { fromMs: fromMs ?? 0, untilMs: untilMs ?? Number.MAX_SAFE_INTEGER };
  if ((await inRange.first(reader, range)) === undefined) return false;
  const directories = [{ id: entryId, path }];
  let left = entriesMax;
  for (const directory of directories) {
    const children = await childrenOf.all(reader, { parentId: directory.id, max: left + 1 });
    if (children.length > left) return true;
    left -= children.length;
    for (const { id, name, kind, received_at: receivedAtMs } of children) {
      const at = `${directory.path === '/' ? '' : directory.path}/${name}`;
      if (kind === 'directory') directories.push({ id, path: at });
      else if (hold.glob === null || matchesGlob(hold.glob as Glob, at)) {
        const previous = await previousVersions(reader, id);
        const receipts = [receivedAtMs ?? [], previous.map((each) => each.received_at)].flat();
        if (receipts.some((each) => isReceivedIn(hold, each))) return true;
      }
    }
  }
  return false;
}

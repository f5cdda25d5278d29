import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';

const usageByUser = prepare((query, given: { userId: string }) =>
  query.selectFrom('user_usage').select('bytes').where('user_id', '=', given.userId),
);

/** Bytes of published content that count to a user's quota. */
export async function usageOf(reader: Reader | Unit, userId: string): Promise<number> {
  return (await usageByUser.first(reader, { userId }))?.bytes ?? 0;
}

const addUsage = prepare((query, given: { userId: string; bytes: number }) =>
  query
    .insertInto('user_usage')
    .values({ user_id: given.userId, bytes: given.bytes })
    .onConflict((conflict) =>
      conflict
        .column('user_id')
        .doUpdateSet((build) => ({ bytes: build('user_usage.bytes', '+', given.bytes) })),
    ),
);

/** Counts what was published. */
export function countUsage(unit: Unit, userId: string, bytes: number): Promise<void> {
  return addUsage.run(unit, { userId, bytes });
}

/** What a user's usage grows by; less than nothing is less of it. */
type UsageMove = { readonly userId: string; readonly bytes: number; readonly keptBytes: number };

const addToUsage = prepare((query, given: UsageMove) =>
  query
    .updateTable('user_usage')
    .set((build) => ({
      bytes: build('bytes', '+', given.bytes),
      kept_bytes: build('kept_bytes', '+', given.keptBytes),
    }))
    .where('user_id', '=', given.userId)
    .returning((build) => [
      'kept_bytes',
      build
        .selectFrom('users')
        .select('users.quota_bytes')
        .whereRef('users.id', '=', 'user_usage.user_id')
        .as('quota_bytes'),
    ]),
);

export async function moveUsage(unit: Unit, move: UsageMove) {
  const usage = await addToUsage.first(unit, move);
  if (usage === undefined) throw new Error(`the usage of user ${move.userId} is missing`);
  return usage;
}

/** What the quota of a version's receiver has for versions that are kept. */
export type KeptRoom = { readonly userId: string; readonly bytes: number };

/**
 * Counts what was published to what is kept.
 *
 * @returns the room that is left then, less than nothing where it does not fit; null where there is no bound
 */
export async function countKept(
  unit: Unit,
  version: Pick<Row<'versions'>, 'received_by' | 'size'>,
): Promise<KeptRoom | null> {
  const { received_by: userId, size } = version;
  if (userId === null) return null;
  const usage = await moveUsage(unit, { userId, bytes: -size, keptBytes: size });
  return usage.quota_bytes === null
    ? null
    : { userId, bytes: usage.quota_bytes - usage.kept_bytes };
}

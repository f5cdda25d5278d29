import type { Reader } from '../database/units.ts';

/** Keys that are looked at to find out who has had a secret; what comes from more may be anybody's. */
const keysMax = 1_000;

/**
 * Whether one person may hold the secrets of both keys, so that the two are no two administrators. Whoever makes or rotates
 * a key, or approves that, has had its secret. So a key is also those through whose hands it came, and those through whose
 * hands these came: where two keys have one of them in common, be it one of the two, they are one person.
 */
export async function isSamePerson(
  reader: Reader,
  keyId: string,
  otherId: string,
): Promise<boolean> {
  const hands = await handsOf(reader, keyId);
  const others = await handsOf(reader, otherId);
  if (hands === undefined || others === undefined) return true;
  return [...hands].some((id) => others.has(id));
}

/** The ids of all keys whose holders may have the secret of one, its own among them; undefined where they are too many. */
async function handsOf({ query }: Reader, keyId: string): Promise<ReadonlySet<string> | undefined> {
  const hands = new Set([keyId]);
  // What is added while it goes round is gone through, too.
  for (const id of hands) {
    if (hands.size > keysMax) return undefined;
    const row = await query
      .selectFrom('admin_keys')
      .select(['created_by', 'issued_by'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (row === undefined) continue;
    if (row.created_by !== null) hands.add(row.created_by);
    for (const issuer of JSON.parse(row.issued_by) as string[]) hands.add(issuer);
  }
  return hands;
}

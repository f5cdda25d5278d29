import type { Database } from '../database/units.ts';
import { signerOf } from '../ledger/key-history.ts';
import { toldIn } from '../ledger/row-check.ts';
import { namespaces } from './evidence-key.ts';

/**
 * The keys from which rotations lead to one, as the ledger tells of them, and that one last. It is for the one time that
 * nothing else is known of the keys of before: whoever can write to the database can have it tell of such rotations.
 */
export async function keysVouchingFor(
  database: Pick<Database, 'read'>,
  publicKeyLine: string,
): Promise<readonly string[]> {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('ledger')
      .select('body')
      .where('event', '=', 'evidence-key.rotated.1')
      .orderBy('seq', 'desc')
      .execute(),
  );
  const keys = [publicKeyLine];
  for (const { body } of rows) {
    const { publicKey, signature } = toldIn(body) ?? {};
    const [oldest] = keys;
    if (oldest === undefined || publicKey !== oldest || typeof signature !== 'string') continue;
    const former = signerOf(namespaces.evidenceKey, oldest, signature);
    if (former !== null) keys.unshift(former);
  }
  return keys;
}

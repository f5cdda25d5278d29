import { createHmac } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { prepare } from '../database/prepared.ts';
import type { Database } from '../database/units.ts';
import { liveKeys, lookupOf } from './name-keys.ts';
import { openName } from './names.ts';

/** In the time of a request. */
const namesAtOnce = 200;

const namesAfter = prepare((query, { after }: { readonly after: number }) =>
  query
    .selectFrom('ledger_names')
    .select(['id', 'key_id', 'commitment', 'lookup', 'sealed'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(namesAtOnce),
);

const destroyedKeys = prepare((query) =>
  query.selectFrom('ledger_name_keys').select('id').where('wrapped_key', 'is', null),
);

/**
 * Opens every name that is not redacted: it has to prove the commitment that the rows have, and be found by what it is
 * searched by. One that does not is missed by a search, and by a redaction.
 *
 * @returns what is wrong; null for nothing
 * @throws Fault `key-material-unusable`
 */
export async function problemOfNames(
  database: Pick<Database, 'read'>,
  masterKey: Uint8Array,
): Promise<string | null> {
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const from = after;
    const { keys, destroyed, names } = await database.read(async (reader) => ({
      keys: await liveKeys(reader, masterKey),
      destroyed: (await destroyedKeys.all(reader, {})).map(({ id }) => id),
      names: await namesAfter.all(reader, { after: from }),
    }));
    for (const { id, key_id: keyId, commitment, lookup, sealed } of names) {
      const key = keys.find((each) => each.id === keyId);
      // With every name under it.
      if (destroyed.includes(keyId)) continue;
      const text = Buffer.from(commitment).toString('base64url');
      if (key === undefined)
        return `the key of name ${id} in the ledger is gone (commitment ${text})`;
      const opened = openName(key, text, sealed);
      const isWhole =
        opened !== undefined &&
        createHmac('sha256', Buffer.from(opened.key, 'base64url'))
          .update(opened.path)
          .digest()
          .equals(commitment) &&
        lookupOf(key, opened.path).equals(lookup);
      if (!isWhole) return `name ${id} of those in the ledger was altered (commitment ${text})`;
    }
    const last = names.at(-1);
    if (last === undefined) return null;
    after = last.id;
    await turn();
  }
}

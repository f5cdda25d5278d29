// What opens the names of the ledger may go by a redaction, which has a row, and by nothing else.
import t, { type Test } from 'tap';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { LedgerEvent } from '../../server/domain/events.ts';
import { createLedger } from '../../server/ledger/ledger.ts';
import { problemOfMissingNames } from '../../server/ledger/missing-names.ts';
import { problemOfNames } from '../../server/ledger/name-check.ts';
import { createLedgerNames } from '../../server/ledger/names.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { masterKey } from '../fixtures/ledger.ts';

const origin = { actor: { kind: 'server' }, session: null, source: null } as const;
const said = { why: 'sent by mistake', authority: 'privacy office', transfers: 0 } as const;

function openNamed(t: Test) {
  const database = freshDatabase(t);
  const names = createLedgerNames(masterKey);
  names.follow(database);
  const ledger = createLedger(names);
  const append = (...events: LedgerEvent[]) =>
    database.write(async (unit) => {
      for (const event of events)
        await ledger.append(unit, { origin, outcome: 'success', reason: null, event });
    });
  const made = (path: string, agency = 'alameda') =>
    append({ event: 'directory.created.1', agency, path });
  const redact = (path: string, agency = 'alameda') =>
    database.write(async (unit) => {
      const commitment = await names.redact(unit, agency, path);
      const event = {
        event: 'name.redacted.1',
        agency,
        commitments: [commitment!],
        receipts: 0,
        ...said,
      } as const;
      await ledger.append(unit, { origin, outcome: 'success', reason: null, event });
    });
  const redactAll = (agency: string) =>
    database.write(async (unit) => {
      await names.redactAll(unit, agency);
      const event = { event: 'agency-names.redacted.1', agency, ...said } as const;
      await ledger.append(unit, { origin, outcome: 'success', reason: null, event });
    });
  const tamper = (sql: string) => {
    const raw = new BetterSqlite3(join(database.directory, 'waybill.db'));
    raw.exec(sql);
    raw.close();
  };
  return { database, made, redact, redactAll, tamper };
}

t.test('what a redaction takes is not missed, and what somebody else takes is', async (t) => {
  const { database, made, redact, tamper } = openNamed(t);
  for (let index = 0; index < 250; index += 1) await made(`/outgoing/${index}`);
  t.equal(await problemOfMissingNames(database), null);
  for (const index of [0, 99, 100, 249]) await redact(`/outgoing/${index}`);
  // Of the same name, and another one.
  await made('/outgoing/99');
  t.equal(await problemOfMissingNames(database), null);
  tamper('DELETE FROM ledger_names WHERE id = (SELECT max(id) FROM ledger_names)');
  t.match(await problemOfMissingNames(database), /^what opens a name in row \d+ is gone/);
});

t.test('so with the key of all names of an agency', async (t) => {
  const { database, made, redactAll, tamper } = openNamed(t);
  for (const agency of ['alameda', 'kern']) await made('/outgoing/a', agency);
  await redactAll('alameda');
  await made('/outgoing/b');
  await redactAll('alameda');
  await made('/outgoing/c');
  t.equal(await problemOfMissingNames(database), null);
  tamper(
    `UPDATE ledger_name_keys SET wrapped_key = NULL, destroyed_at = 9e12 WHERE agency = 'kern'`,
  );
  t.equal(
    await problemOfMissingNames(database),
    'the key of names of kern is gone, and no row tells that they were redacted',
  );
  // Nor by a time that somebody wrote beside it, nor by what is not there at all.
  tamper(`UPDATE ledger_name_keys SET destroyed_at = 0 WHERE agency = 'kern'`);
  t.match(await problemOfMissingNames(database), /kern is gone/);
  tamper(`DELETE FROM ledger_name_keys WHERE agency = 'kern'`);
  t.match(
    await problemOfNames(database, masterKey),
    /^the key of name -?\d+ in the ledger is gone/,
  );
});

t.test('a redaction while the rows are gone through is none that is missed', async (t) => {
  const { database, made, redact } = openNamed(t);
  for (let index = 0; index < 300; index += 1) await made(`/outgoing/${index}`);
  await redact('/outgoing/0');
  let reads = 0;
  const found = await problemOfMissingNames({
    read: async (work) => {
      reads += 1;
      if (reads === 4) await redact('/outgoing/299');
      return database.read(work);
    },
  });
  t.equal(found, null);
  t.ok(reads > 4);
});

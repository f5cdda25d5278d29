import { setImmediate as turn } from 'node:timers/promises';
import { prepare } from '../database/prepared.ts';
import type { Database, Reader } from '../database/units.ts';
import { newestStub } from './archive-stubs.ts';
import { commitmentsOf } from './opened-row.ts';

/** Rows of one look: what is served comes in between. */
const rowsAtOnce = 100;
/** Commitments that are known to be there; most rows are about few files. */
const knownMax = 50_000;

const rowsAfter = prepare((query, { after }: { readonly after: number }) =>
  query
    .selectFrom('ledger')
    .select(['seq', 'body'])
    .where('seq', '>', after)
    .orderBy('seq')
    .limit(rowsAtOnce),
);

const redactionsAfter = prepare((query, { after }: { readonly after: number }) =>
  query
    .selectFrom('ledger')
    .select(['seq', 'body'])
    .where('event', '=', 'name.redacted.1')
    .where('seq', '>', after)
    .orderBy('seq'),
);

/**
 * Whether what opens the names in the rows is all there, but for what a row tells to be redacted: who deletes it from the
 * database takes names away without a word. Of rows that are archived nothing is asked.
 *
 * @returns what is wrong; null for nothing
 */
export async function problemOfMissingNames(
  database: Pick<Database, 'read'>,
): Promise<string | null> {
  const archived = (await database.read(newestStub))?.stub;
  const keys = await database.read(problemOfKeys);
  if (keys !== null) return keys;
  const look = new Look();
  for (let after: number | null = archived?.lastSeq ?? 0; after !== null; await turn()) {
    const from: number = after;
    const { problem, last } = await database.read((reader) => look.at(reader, from));
    if (problem !== null) return problem;
    after = last;
  }
  return null;
}

class Look {
  readonly #known = new Set<string>();
  readonly #redacted = new Set<string>();
  #redactedUpTo = 0;

  /** Looks at the next rows. `last`: of these, null behind the end. */
  async at(
    reader: Reader,
    after: number,
  ): Promise<{ readonly problem: string | null; readonly last: number | null }> {
    const rows = await rowsAfter.all(reader, { after });
    const asked = new Map<string, number>();
    for (const row of rows)
      for (const commitment of commitmentsOf(row))
        if (!this.#known.has(commitment)) asked.set(commitment, row.seq);
    const missing = await this.#missing(reader, [...asked.keys()]);
    if (missing.length > 0) await this.#readRedactions(reader);
    const gone = missing.find((commitment) => !this.#redacted.has(commitment));
    const problem =
      gone === undefined
        ? null
        : `what opens a name in row ${asked.get(gone)} is gone, and no row tells that it was redacted (commitment ${gone})`;
    return { problem, last: rows.at(-1)?.seq ?? null };
  }

  async #missing(reader: Reader, asked: readonly string[]): Promise<readonly string[]> {
    if (asked.length === 0) return [];
    const found = await reader.query
      .selectFrom('ledger_names')
      .select('commitment')
      .where(
        'commitment',
        'in',
        asked.map((commitment) => Buffer.from(commitment, 'base64url')),
      )
      .execute();
    if (this.#known.size > knownMax) this.#known.clear();
    for (const { commitment } of found)
      this.#known.add(Buffer.from(commitment).toString('base64url'));
    return asked.filter((commitment) => !this.#known.has(commitment));
  }

  /** Those that are new since the last time: one may come while the rows are gone through. */
  async #readRedactions(reader: Reader): Promise<void> {
    for (const { seq, body } of await redactionsAfter.all(reader, { after: this.#redactedUpTo })) {
      const { commitments } = JSON.parse(body) as { readonly commitments: readonly string[] };
      for (const commitment of commitments) this.#redacted.add(commitment);
      this.#redactedUpTo = seq;
    }
  }
}

/** That each key which opens no name any more was destroyed by a redaction of all names of its agency. */
async function problemOfKeys(reader: Reader): Promise<string | null> {
  const destroyed = await reader.query
    .selectFrom('ledger_name_keys')
    .select('agency')
    .where('wrapped_key', 'is', null)
    .execute();
  const told = await reader.query
    .selectFrom('ledger')
    .select('agency')
    .where('event', '=', 'agency-names.redacted.1')
    .execute();
  const countIn = (rows: readonly { readonly agency: string | null }[], agency: string) =>
    rows.filter((row) => row.agency === agency).length;
  const gone = destroyed.find(({ agency }) => countIn(destroyed, agency) > countIn(told, agency));
  return gone === undefined
    ? null
    : `the key of names of ${gone.agency} is gone, and no row tells that they were redacted`;
}

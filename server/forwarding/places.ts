import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { ForwarderName } from './destination.ts';

/** Where a forwarder is, as the database remembers it. */
export type Place = { readonly lastSeq: number; readonly paused: boolean };

const findPlace = prepare((query, { name }: { readonly name: string }) =>
  query.selectFrom('forwarders').selectAll().where('name', '=', name),
);

const putPlace = prepare((query, row: Row<'forwarders'>) =>
  query
    .insertInto('forwarders')
    .values({
      name: row.name,
      last_seq: row.last_seq,
      paused: row.paused,
      updated_at: row.updated_at,
    })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((build) => ({
        last_seq: build.ref('excluded.last_seq'),
        paused: build.ref('excluded.paused'),
        updated_at: build.ref('excluded.updated_at'),
      })),
    ),
);

/** A destination that is new starts with the first row of the ledger: it is to have all of it. */
export async function placeOf(reader: Reader, name: ForwarderName): Promise<Place> {
  const row = await findPlace.first(reader, { name });
  return { lastSeq: row?.last_seq ?? 0, paused: row?.paused === 1 };
}

export async function keepPlace(
  unit: Unit,
  name: ForwarderName,
  { lastSeq, paused }: Place,
): Promise<void> {
  await putPlace.run(unit, {
    name,
    last_seq: lastSeq,
    paused: paused ? 1 : 0,
    updated_at: unit.nowMs,
  });
}

const timeOfRow = prepare((query, { seq }: { readonly seq: number }) =>
  query.selectFrom('ledger').select('at').where('seq', '=', seq),
);

/** When a row of the ledger was written, in milliseconds since the epoch; null where there is none. */
export async function timeOf(reader: Reader, seq: number): Promise<number | null> {
  return (await timeOfRow.first(reader, { seq }))?.at ?? null;
}

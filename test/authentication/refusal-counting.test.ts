// Which refusals are rows, which are counted, and how many units of the database that takes.
import t from 'tap';
import { openConnectionState } from '../../server/authentication/connection-state.ts';
import { RefusalRows } from '../../server/authentication/refusal-rows.ts';
import type { RefusalRowsParts } from '../../server/authentication/refusal-rows.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { Proof } from '../../server/domain/authentication.ts';
import type { LedgerEntry } from '../../server/domain/events.ts';

const proofOf = (kind: string) => ({ kind }) as unknown as Proof;
const connect = (address = '192.0.2.10') =>
  openConnectionState(
    { connectionId: 'c1', source: { address, port: 4000 }, client: 'SSH', algorithms: {} },
    1,
  );

function openRows({ perSource = 10 } = {}) {
  const written: object[] = [];
  const state = { units: 0, isBroken: false };
  const parts = {
    database: {
      write: async (work: (unit: unknown) => Promise<void>) => {
        state.units += 1;
        if (state.isBroken) throw new Fault('ledger-unavailable');
        await work({});
      },
    },
    ledger: {
      append: async (_: unknown, { origin, reason, event }: LedgerEntry) => {
        const { event: __, ...told } = event;
        written.push({ source: origin.source, reason, ...told });
      },
    },
    limits: { refusalRowsPerSourceMax: perSource, refusalRowsMax: 99, refusalSourcesCountedMax: 9 },
    now: () => 0,
  } as unknown as RefusalRowsParts;
  return { rows: new RefusalRows(parts), written, state };
}

const refused = { username: 'ann', proof: proofOf('password'), reason: 'password-wrong' } as const;
const row = {
  source: '192.0.2.10:4000',
  reason: 'password-wrong',
  username: 'ann',
  proof: 'password',
  client: 'SSH',
  connection: 'c1',
  count: 1,
};

t.test('the first is a row, equal ones take no unit unless something goes with them', async (t) => {
  const { rows, written, state } = openRows();
  const connection = connect();
  let alongside = 0;
  const also = async () => void (alongside += 1);
  t.equal(await rows.note(connection, refused), true);
  t.same(written, [row]);
  t.equal(await rows.note(connection, refused), true);
  t.equal(state.units, 1);
  t.equal(await rows.note(connection, refused, also), true);
  t.same([state.units, alongside, written.length], [2, 1, 1]);
  t.equal(await rows.note(connection, { ...refused, reason: 'code-wrong' }, also), true);
  t.same([state.units, alongside, written.length], [3, 2, 2], 'another reason is another row');
  t.same(rows.totalsOf(connection), [{ ...row, count: 3 }]);
  await rows.settle(connection);
  t.same(written.at(-1), { ...row, count: 3 });
  t.equal(state.units, 4);
  await rows.settle(connection);
  t.equal(state.units, 4, 'nothing is left to tell');
});

t.test('what has no row is counted, and one row of the source tells of all', async (t) => {
  const { rows, written, state } = openRows({ perSource: 0 });
  const connection = connect('2001:db8::7');
  t.equal(await rows.note(connection, refused), true);
  t.equal(await rows.note(connection, refused), true);
  t.equal(state.units, 0);
  await rows.settleAll();
  const told = { reason: 'attempts-exceeded', count: 2, username: '', proof: 'several' };
  t.same(written, [{ ...told, source: '2001:db8::/64', client: '', connection: '' }]);
});

t.test('each kind of proof counts for itself, and what is none is unusable', async (t) => {
  for (const [kind, proof] of [
    ...['none', 'offer', 'signature', 'password', 'password-change', 'interactive', 'answers'].map(
      (kind) => [kind, proofOf(kind)] as const,
    ),
    ['unusable', proofOf('unusable')],
    ['unusable', proofOf('hostbased')],
    ['unusable', null],
    ['unusable', undefined],
  ] as const) {
    const { rows, written } = openRows();
    const connection = connect();
    for (let count = 0; count < 2; count += 1) await rows.note(connection, { ...refused, proof });
    t.match(rows.totalsOf(connection), [{ proof: kind, count: 2 }]);
    if (proof === null || proof === undefined) t.match(written, [{ proof: 'unusable' }]);
    await rows.note(connection, { ...refused, proof: proofOf('offer') });
    t.equal(written.length, kind === 'offer' ? 1 : 2, kind);
  }
});

t.test('what cannot be written is no row, and is tried again with the next', async (t) => {
  const { rows, written, state } = openRows({ perSource: 1 });
  const connection = connect();
  state.isBroken = true;
  t.equal(await rows.note(connection, refused), false);
  t.same(rows.totalsOf(connection), []);
  t.equal(await rows.note(connection, refused), false, 'nothing is merely counted meanwhile');
  state.isBroken = false;
  t.equal(await rows.note(connection, refused), true);
  t.same(written, [row]);
  state.isBroken = true;
  const other = connect();
  t.equal(await rows.note(other, refused), true, 'beyond its rows it takes none');
  t.equal(await rows.note(connection, refused, async () => undefined), false);
  t.equal(await rows.note(connection, refused), false);
  state.isBroken = false;
  t.equal(await rows.note(connection, refused), true);
  t.same(written.at(-1), { ...row, count: 4 }, 'how many there were by now');
});

import fc from 'fast-check';
import t from 'tap';
import { fileNameOf, issuedAtMsOf, partNamed } from '../../server/receipts/receipt.ts';
import { limits } from '../../server/domain/limits.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { receiptsOn } from '../fixtures/receipts.ts';

const dayMs = 24 * 60 * 60_000;
const nowMs = Date.UTC(2026, 10, 22);

/** Receipts at these times, some in the same millisecond. */
async function plant({ database }: Exchange, agency: string, timesMs: readonly number[]) {
  await database.write(async ({ query }) => {
    for (const [index, atMs] of timesMs.entries())
      await query
        .insertInto('receipts')
        .values({
          id: `${atMs.toString(16).padStart(12, '0')}${index.toString(16).padStart(20, '0')}`,
          kind: 'received',
          agency,
          username: 'amy',
          tree: agency,
          path: '/outgoing/f',
          version_id: 'v',
          sha256: 'a',
          body: '{}',
          signature: 'signed',
        })
        .execute();
  });
}

t.test('names are in the order of time, and are read back', (t) => {
  const id = fc
    .record({ ms: fc.nat(Date.UTC(2200, 0)), rest: fc.bigInt(0n, (1n << 80n) - 1n) })
    .map(({ ms, rest }) => ms.toString(16).padStart(12, '0') + rest.toString(16).padStart(20, '0'));
  fc.assert(
    fc.property(id, id, (one, other) => {
      const name = fileNameOf(one);
      const inOrder = name < fileNameOf(other) === one < other;
      const found = partNamed(name);
      const signature = partNamed(`${name}.sig`);
      return (
        inOrder &&
        found?.id === one &&
        found.part === 'text' &&
        signature?.id === one &&
        signature.part === 'signature' &&
        name.startsWith(new Date(issuedAtMsOf(one)).toISOString().replace(/[-:]/g, ''))
      );
    }),
  );
  for (const none of ['', 'x.json', `${fileNameOf('0'.repeat(32))}.sig.sig`])
    t.equal(partNamed(none), undefined);
  t.equal(
    partNamed(`20261122T101530.123Z-${'0'.repeat(32)}.json`),
    undefined,
    'the time is that of the id',
  );
  t.end();
});

t.test(
  'a listing has every name once, in order, from any name on and in batches of any size',
  async (t) => {
    const exchange = await openExchange(t, { clock: () => nowMs });
    await exchange.login({ username: 'amy', agency: 'alameda' });
    const times = [0, 0, 0, 1, 1, 2, 500, 1_000, 1_000, 60_000].map((ms) => nowMs - dayMs + ms);
    await plant(exchange, 'alameda', times);
    await plant(exchange, 'kern', [nowMs]);
    const receipts = receiptsOn({ ...exchange.parts, store: exchange.store, limits });
    const listAfter = (after: string, max: number) =>
      exchange.database.read((reader) => receipts.list(reader, 'alameda', after, max));
    const all = (await listAfter('', 1_000)).map(({ name }) => name);
    t.equal(all.length, 2 * times.length + 1);
    t.same(all, all.toSorted(), 'in the order of bytes');
    const someName = fc.oneof(
      fc.constantFrom(...all),
      fc.string({ maxLength: 60 }),
      fc.tuple(fc.constantFrom(...all), fc.nat(70)).map(([name, end]) => name.slice(0, end)),
      fc.tuple(fc.constantFrom(...all), fc.string()).map(([name, more]) => name + more),
      fc.constantFrom('2026', '20261121T000000.000Z', '20261121T000000.001Z-f', '9', ':', '~'),
    );
    await fc.assert(
      fc.asyncProperty(someName, fc.integer({ min: 1, max: 30 }), async (after, max) => {
        const found = await listAfter(after, max);
        const isBehind = (name: string) =>
          Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
        const expected = all.filter(isBehind).slice(0, max);
        t.same(
          found.map(({ name }) => name),
          expected,
          `${max} after ${JSON.stringify(after)}`,
        );
      }),
      { numRuns: 300 },
    );
  },
);

t.test('it lists those of the last days, and the others open by their names', async (t) => {
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await plant(exchange, 'alameda', [nowMs - 91 * dayMs, nowMs - 89 * dayMs]);
  const names = (await amy.list('/receipts')).map(({ name }) => name);
  t.match(names, [/^20260825T.*json$/, /^20260825T.*json\.sig$/, 'allowed_signers']);
  t.equal(names.length, 3);
  const old = fileNameOf(`${(nowMs - 91 * dayMs).toString(16).padStart(12, '0')}${'0'.repeat(20)}`);
  t.equal((await amy.stat(old && `/receipts/${old}`)).size, 2);
  t.equal((await amy.get(`/receipts/${old}`)).toString(), '{}');
  t.equal((await amy.get(`/receipts/${old}.sig`)).toString(), 'signed');
});

t.test('what once was put there is listed among them, and read', async (t) => {
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  for (const name of ['1-mine', 'b-mine', 'z-mine'])
    await amy.put(`/outgoing/${name}`, Buffer.from(name));
  await exchange.database.write(async ({ query }) => {
    const { id } = await query
      .selectFrom('entries')
      .select('id')
      .where('name', '=', 'receipts')
      .executeTakeFirstOrThrow();
    await query.updateTable('entries').set({ parent_id: id }).where('kind', '=', 'file').execute();
  });
  await plant(
    exchange,
    'alameda',
    Array.from({ length: 700 }, (_, index) => nowMs - dayMs + index),
  );
  const names = (await amy.list('/receipts')).map(({ name }) => name);
  t.equal(names.length, 2 * 703 + 4);
  t.same(names, names.toSorted());
  t.equal(new Set(names).size, names.length);
  t.equal((await amy.get('/receipts/b-mine')).toString(), 'b-mine');
});

t.test('who may only put files sees none', async (t) => {
  const exchange = await openExchange(t, { clock: () => nowMs });
  await plant(exchange, 'alameda', [nowMs]);
  const rules = [{ path: '/', allow: ['write'] }] as const;
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', rules });
  await t.rejects(amy.list('/receipts'), /may not list/);
  const name = fileNameOf(`${nowMs.toString(16).padStart(12, '0')}${'0'.repeat(20)}`);
  await t.rejects(amy.stat(`/receipts/${name}`), /no such file/);
  await t.rejects(amy.get(`/receipts/${name}`), /no such file/);
});

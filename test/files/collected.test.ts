import t from 'tap';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';

const READ = 1;
const state = { username: 'sam', agency: 'dcss', kind: 'state' } as const;
const amyOf = { username: 'amy', agency: 'alameda' } as const;
const benOf = { username: 'ben', agency: 'alameda' } as const;
const path = '/outgoing/f';
const fromState = `/agencies/alameda${path}`;

async function collectedAt({ database }: Exchange): Promise<readonly (number | null)[]> {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('versions')
      .select('collected_at')
      .orderBy('received_at')
      .orderBy('id')
      .execute(),
  );
  return rows.map((row) => row.collected_at);
}

t.test('what another agency has read whole is collected, from the first time on', async (t) => {
  let nowMs = 1_800_000_000_000;
  const exchange = await openExchange(t, { clock: () => nowMs });
  const amy = await exchange.connect(amyOf);
  const content = Buffer.alloc(200_000, 'x');
  await amy.put(path, content);
  const sam = await exchange.connect(state);
  nowMs += 1_000;
  await amy.get(path);
  t.same(await collectedAt(exchange), [null], 'not by who sent it');
  const ben = await exchange.connect(benOf);
  await ben.get(path);
  t.same(await collectedAt(exchange), [null], 'nor by another of that agency');
  const handle = await sam.open(fromState, READ);
  await sam.read(handle, 0, 30_000);
  await sam.close(handle);
  t.same(await collectedAt(exchange), [null], 'nor by a part of it');
  const cut = await sam.open(fromState, READ);
  await sam.read(cut, 0, 30_000);
  await sam.drop();
  t.same(await collectedAt(exchange), [null], 'nor where the session was cut');
  const view = createAdminFiles(exchange.parts, exchange.store);
  const { id } = await view.at('alameda', path);
  const holder = {
    origin: { actor: { kind: 'admin', keyId: 'ana', name: 'Ana' }, session: 'r', source: null },
    sessionId: 'r',
    userId: null,
    username: 'admin:Ana',
    client: 'test',
    quotaBytes: null,
  } as const;
  const { versionId } = await view.content(id);
  const opening = await view.open(holder, id, versionId);
  await view.close(opening.openId, content.length, true);
  t.same(await collectedAt(exchange), [null], 'nor by an administrator');
  const again = await exchange.connect(state);
  nowMs += 1_000;
  const first = nowMs;
  t.ok((await again.get(fromState)).equals(content));
  t.same(await collectedAt(exchange), [first]);
  nowMs += 1_000;
  await again.get(fromState);
  t.same(await collectedAt(exchange), [first], 'and it stays that');
  await amy.put(path, Buffer.from('a new content'));
  t.same(await collectedAt(exchange), [first, null], 'which is to be collected anew');
  nowMs += 1_000;
  await again.get(fromState);
  t.same(await collectedAt(exchange), [first, nowMs]);
});

t.test('what an agency sent over the API its users do not collect', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  await amy.put(path, Buffer.from('x'));
  await forgetUser(exchange);
  await amy.get(path);
  t.same(await collectedAt(exchange), [null], 'its receipt says whose it is');
});

t.test('what nobody of an agency sent is collected by any user', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(amyOf);
  // Its receipt waits for another name, and goes: as what came over the API before there were receipts.
  const named = `${path}.part`;
  await amy.put(named, Buffer.from('x'));
  await forgetUser(exchange);
  await exchange.database.write(({ query }) => query.deleteFrom('receipts_due').execute());
  await amy.get(named);
  t.type((await collectedAt(exchange))[0], 'number');
});

/** As versions are that came over the API. */
async function forgetUser({ database }: Exchange): Promise<void> {
  await database.write(({ query }) =>
    query.updateTable('versions').set({ received_by: null }).execute(),
  );
}

import { createHash } from 'node:crypto';
import t from 'tap';
import { host, openApi, upload, withAnn } from './fixtures/api.ts';

t.test('transfers, the newest first, by filters and pages', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call, clock } = world;
  for (const name of ['a', 'b', 'c']) {
    await upload(world, `/outgoing/${name}`, Buffer.from(name));
    await upload(world, `/outgoing/${name}2`, Buffer.from(name));
    clock.nowMs += 1000;
  }
  const list = async (query = '') => (await call('GET', `/v1/transfers${query}`)).body;
  const all = (await list()).items;
  t.equal(all.length, 6);
  t.match(all[5], {
    direction: 'upload',
    username: 'ann',
    agency: 'alpine',
    state: 'published',
    bytes: 1,
    size: 1,
    source: '192.0.2.7:5022',
    client: 'OpenSSH_9.2',
    startedAt: '2030-01-01T00:00:00.000Z',
  });
  const seen: string[] = [];
  for (let cursor = ''; ;) {
    const page = await list(`?limit=1${cursor}`);
    seen.push(...page.items.map((item: { id: string }) => item.id));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${String(page.nextCursor)}`;
  }
  t.strictSame(
    seen,
    all.map((item: { id: string }) => item.id),
    'equal times do not lose or repeat one',
  );
  const sha256 = createHash('sha256').update('b').digest('hex');
  const counts: [string, number][] = [
    ['agency=alpine', 6], ['agency=butte', 0], ['username=ann', 6], ['username=bob', 0], ['state=published', 6], ['state=partial', 0],
    ['direction=download', 0], ['path=/outgoing/a', 1], [`sha256=${sha256}`, 2], ['from=2030-01-01T00:00:01Z', 4],
    ['to=2030-01-01T00:00:01Z', 2], ['from=2030-01-01T00:00:01Z&to=2030-01-01T00:00:02Z&agency=alpine', 2],
  ]; // prettier-ignore
  for (const [query, count] of counts)
    t.equal((await list(`?${query}`)).items.length, count, query);
  t.match(await call('GET', '/v1/transfers/nothing'), { status: 404, body: { code: 'not-found' } });
});

// The State's users move files in an agency's tree: with which keys they log in is not the agency's to know.
for (const [agency, isTold] of [
  ['dcss', false],
  ['alpine', true],
] as const) {
  t.test(`a key that is bound to alpine, and a login of ${agency}`, async (t) => {
    const world = await openApi(t);
    await withAnn(world);
    const proofs = ['publickey SHA256:abc'];
    await world.database.write((unit) =>
      world.parts.ledger.append(unit, {
        origin: { ...host, session: 'session-of-ann' },
        outcome: 'success',
        reason: null,
        event: {
          event: 'login.accepted.2',
          certificates: [],
          username: 'ann',
          agency,
          proofs,
          client: 'OpenSSH_9.2',
          algorithms: {},
        },
      }),
    );
    await upload(world, '/outgoing/a', Buffer.from('a'));
    const { id } = (await world.call('GET', '/v1/transfers')).body.items[0];
    const url = `/v1/transfers/${String(id)}`;
    t.match((await world.call('GET', url)).body.login, { proofs });
    const wanted = { name: 'bound', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
    const { secret } = await world.adminKeys.createAdminKey(host, { ...wanted, agency: 'alpine' });
    const told = await world.call('GET', url, undefined, { key: secret });
    t.equal(told.status, 200);
    t.strictSame(told.body.login?.proofs, isTold ? proofs : undefined);
  });
}

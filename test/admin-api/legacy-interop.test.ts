import t from 'tap';
import { openApi, withAnn } from './fixtures/api.ts';

const path = '/v1/agencies/alpine/legacy-interop';
const wanted = {
  allowedCidrs: ['192.0.2.8/29'],
  reason: 'batch host, replaced in March',
  expiresAt: '2030-03-01T00:00:00Z',
};

t.test('a grant over the API, who used it, and its end', async (t) => {
  const world = await openApi(t);
  const { call, accounts, database } = world;
  await withAnn(world);
  t.match(await call('GET', path), { status: 404, body: { code: 'not-found' } });
  const shown = {
    agency: 'alpine',
    ...wanted,
    expiresAt: '2030-03-01T00:00:00.000Z',
    grantedAt: '2030-01-01T00:00:00.000Z',
  };
  const granted = await call('PUT', path, wanted);
  t.match(granted, { status: 200, body: shown });
  t.strictSame((await call('GET', path)).body, shown);
  const { id: agencyId } = await accounts.getAgency('alpine');
  const { id: userId } = await accounts.getUser('ann');
  await database.write((unit) =>
    accounts.noteLegacyLogin(unit, {
      userId,
      agencyId,
      address: '192.0.2.9',
      source: '192.0.2.9:4',
      client: 'old',
      algorithms: { kex: 'ecdh-sha2-nistp256' },
    }),
  );
  t.strictSame((await call('GET', '/v1/legacy-interop')).body, {
    items: [
      {
        agency: 'alpine',
        grant: shown,
        users: [
          {
            username: 'ann',
            logins: 1,
            lastAt: '2030-01-01T00:00:00.000Z',
            lastFrom: '192.0.2.9:4',
            client: 'old',
            algorithms: { kex: 'ecdh-sha2-nistp256' },
          },
        ],
      },
    ],
    nextCursor: null,
  });
  t.match((await call('GET', '/v1/legacy-interop?agency=butte')).body, { items: [] });
  t.equal((await call('DELETE', path)).status, 204);
  t.match(await call('DELETE', path), { status: 404 });
  t.match(await world.ledgerRows('legacy-interop.granted.1'), [{ agency: 'alpine' }]);
  t.match(await world.ledgerRows('legacy-interop.ended.1'), [{ agency: 'alpine' }]);
});

t.test('what is not a grant is told by its field', async (t) => {
  const { call } = await openApi(t);
  for (const [change, pointer] of [
    [{ allowedCidrs: [] }, '/allowedCidrs'],
    [{ allowedCidrs: ['10.0.0.0/8'] }, '/allowedCidrs/0'],
    [{ expiresAt: 'soon' }, '/expiresAt'],
    [{ expiresAt: '2029-12-31T00:00:00Z' }, '/expiresAt'],
    [{ expiresAt: '2032-01-01T00:00:00Z' }, '/expiresAt'],
    [{ reason: '' }, '/reason'],
  ] as const)
    t.match(await call('PUT', path, { ...wanted, ...change }), {
      status: 400,
      body: { errors: [{ pointer }] },
    });
});

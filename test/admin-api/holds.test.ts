import t from 'tap';
import { fileAt, host, openApi, upload, withAnn, worldWith, type World } from './fixtures/api.ts';

const words = { reason: 'Smith v. County', authority: 'case 24-1183' };

async function place(world: World, hold: object): Promise<{ id: string; etag: string }> {
  const answer = await world.call('POST', '/v1/holds', { ...words, ...hold });
  if (answer.status !== 201) throw new Error(answer.text);
  return { id: answer.body.id as string, etag: String(answer.headers['etag']) };
}

t.test('a hold is placed, seen, changed and lifted', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call } = world;
  const placed = await call('POST', '/v1/holds', {
    ...words,
    agency: 'alpine',
    path: '/outgoing/**',
    receivedUntil: '2030-01-01T00:00:00Z',
    until: '2031-01-01T00:00:00+01:00',
  });
  t.match(placed, {
    status: 201,
    body: {
      ...words,
      agency: 'alpine',
      path: '/outgoing/**',
      file: null,
      receivedFrom: null,
      receivedUntil: '2030-01-01T00:00:00.000Z',
      until: '2030-12-31T23:00:00.000Z',
      state: 'standing',
      placedBy: { kind: 'admin', name: 'tester' },
      createdAt: '2030-01-01T00:00:00.000Z',
      liftedAt: null,
      liftedBy: null,
      liftReason: null,
    },
  });
  const url = String(placed.headers['location']);
  t.equal(url, `/v1/holds/${placed.body.id}`);
  const got = await call('GET', url);
  t.strictSame(got.body, placed.body);
  t.equal(got.headers['etag'], placed.headers['etag']);

  const patched = await call('PATCH', url, { reason: 'Smith and others', until: null });
  t.match(patched, { status: 200, body: { reason: 'Smith and others', until: null } });
  t.match((await call('GET', '/v1/holds?state=standing')).body, {
    items: [{ id: placed.body.id }],
    nextCursor: null,
  });
  t.match(await call('POST', `${url}/lifting`, { reason: 'settled' }), {
    status: 200,
    body: { state: 'lifted', liftReason: 'settled', liftedBy: { kind: 'admin', name: 'tester' } },
  });
  t.match((await call('GET', '/v1/holds?state=standing')).body.items, []);
  for (const [method, at, body] of [
    ['POST', `${url}/lifting`, { reason: 'again' }],
    ['PATCH', url, { reason: 'again' }],
  ] as const)
    t.match(await call(method, at, body), { status: 409, body: { code: 'conflict' } });
  t.equal((await call('GET', '/v1/holds/missing')).status, 404);
  t.match(
    (await world.ledgerRows())
      .map((row) => row['event'])
      .filter((name) => String(name).startsWith('hold')),
    ['hold.placed.1', 'hold.changed.1', 'hold.lifted.1'],
  );
});

t.test('what is not valid is named, and what is accepted', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('1') });
  const { call } = world;
  const { id: file } = await fileAt(world, '/outgoing/a');
  for (const [hold, pointer] of [
    [{}, '/agency'],
    [{ agency: 'nowhere' }, '/agency'],
    [{ path: 'a' }, '/path'],
    [{ file: 'missing' }, '/file'],
    [{ file, path: '/a' }, '/file'],
    [{ agency: 'alpine', until: '2029-12-31T00:00:00Z' }, '/until'],
    [{ agency: 'alpine', until: 'soon' }, '/until'],
    [{ agency: 'alpine', reason: '' }, '/reason'],
    [{ agency: 'alpine', authority: 7 }, '/authority'],
    [{ agency: 'alpine', more: 1 }, '/more'],
  ] as const) {
    const answer = await call('POST', '/v1/holds', { ...words, ...hold });
    t.match(
      answer,
      { status: 400, body: { code: 'field-invalid', errors: [{ pointer }] } },
      pointer,
    );
    t.ok(answer.body.errors[0].detail.length > 5, answer.body.errors[0].detail);
  }
  const { id } = await place(world, { agency: 'alpine' });
  t.match(await call('POST', `/v1/holds/${id}/lifting`, {}), {
    status: 400,
    body: { errors: [{ pointer: '/reason' }] },
  });
});

t.test('who looks at an old one changes nothing, and who asks twice places one', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { call } = world;
  const { id, etag } = await place(world, { agency: 'alpine' });
  const url = `/v1/holds/${id}`;
  t.equal((await call('PATCH', url, { reason: 'other' })).status, 200);
  const old = { headers: { 'if-match': etag } };
  t.match(await call('PATCH', url, { reason: 'mine' }, old), { status: 412 });
  t.match(await call('POST', `${url}/lifting`, { reason: 'over' }, old), { status: 412 });
  const { headers } = await call('GET', url);
  const fresh = { headers: { 'if-match': String(headers['etag']) } };
  t.match(await call('POST', `${url}/lifting`, { reason: 'over' }, fresh), { status: 200 });

  const once = { headers: { 'idempotency-key': 'one' } };
  const hold = { ...words, agency: 'alpine' };
  const [first, second] = [
    await call('POST', '/v1/holds', hold, once),
    await call('POST', '/v1/holds', hold, once),
  ];
  t.equal(second.body.id, first.body.id);
  t.equal(second.headers['idempotency-replayed'], 'true');
  t.equal((await call('GET', '/v1/holds?state=standing')).body.items.length, 1);
});

t.test('its end shows in the state alone: the ETag still matches', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { id, etag } = await place(world, { agency: 'alpine', until: '2030-01-02T00:00:00Z' });
  world.clock.nowMs = Date.UTC(2030, 0, 2);
  const got = await world.call('GET', `/v1/holds/${id}`);
  t.equal(got.body.state, 'expired');
  t.not(got.headers['etag'], etag);
  const settings = (tag: string) => tag.slice(1, 23);
  t.equal(settings(String(got.headers['etag'])), settings(etag));
});

t.test('a held file cannot be deleted over the API, and the refusal says why', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('1') });
  const { call } = world;
  const { id: file } = await fileAt(world, '/outgoing/a');
  const { id } = await place(world, { file });
  t.match((await call('GET', `/v1/holds?file=${file}`)).body.items, [{ id, agency: 'alpine' }]);
  t.match(await call('DELETE', `/v1/files/${file}`), {
    status: 409,
    body: {
      code: 'held',
      title: 'the file is under a legal hold',
      detail: 'under a legal hold: Smith v. County (case 24-1183)',
    },
  });
  await upload(world, '/outgoing/a', Buffer.from('22'));
  await upload(world, '/outgoing/a', Buffer.from('333'));
  const versions = (await call('GET', `/v1/files/${file}/versions`)).body.items;
  t.match(versions, [{ size: 3 }, { size: 2 }, { size: 1, state: 'previous' }]);
  const content = await call('GET', `/v1/files/${file}/versions/${versions[2].id}/content`);
  t.equal(content.text, '1', 'the held content can be read');
  t.equal((await call('POST', `/v1/holds/${id}/lifting`, { reason: 'over' })).status, 200);
  t.equal((await call('DELETE', `/v1/files/${file}`)).status, 204);
});

t.test('pages', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) {
    world.clock.nowMs += 1;
    ids.unshift((await place(world, { path: `/outgoing/${count}*` })).id);
  }
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await world.call('GET', `/v1/holds?limit=2${query}`);
    seen.push(...body.items.map((hold: { id: string }) => hold.id));
    cursor = body.nextCursor as string | null;
  }
  t.strictSame(seen, ids);
});

t.test('scopes: reading holds is not placing or lifting them', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const { id } = await place(world, { agency: 'alpine' });
  const [reads, other] = [
    await world.keyWith(['holds:read']),
    await world.keyWith(['files:write']),
  ];
  const hold = { ...words, agency: 'alpine' };
  t.equal((await world.call('GET', `/v1/holds/${id}`, undefined, { key: reads })).status, 200);
  for (const [key, method, url, body] of [
    [reads, 'POST', '/v1/holds', hold],
    [reads, 'PATCH', `/v1/holds/${id}`, { reason: 'x' }],
    [reads, 'POST', `/v1/holds/${id}/lifting`, { reason: 'x' }],
    [other, 'GET', '/v1/holds', undefined],
  ] as const)
    t.match(await world.call(method, url, body, { key }), {
      status: 403,
      body: { code: 'scope-missing' },
    });
});

t.test('a key of one agency places holds there, and sees no others', async (t) => {
  const world = await worldWith(t, { '/outgoing/a': Buffer.from('1') });
  const { accounts, adminKeys, call } = world;
  await accounts.createAgency(host, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  const wanted = { name: 'of butte', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
  const { secret: key } = await adminKeys.createAdminKey(host, { ...wanted, agency: 'butte' });
  const { id: file } = await fileAt(world, '/outgoing/a');
  const [ofAll, ofAlpine] = [await place(world, { path: '/**' }), await place(world, { file })];
  const own = await call('POST', '/v1/holds', { ...words, path: '/**' }, { key });
  t.match(own, { status: 201, body: { agency: 'butte' } }, 'narrowed to its agency');
  t.match((await call('GET', '/v1/holds', undefined, { key })).body.items, [{ id: own.body.id }]);
  for (const { id } of [ofAll, ofAlpine])
    t.equal((await call('POST', `/v1/holds/${id}/lifting`, { reason: 'x' }, { key })).status, 404);
  t.match(await call('POST', '/v1/holds', { ...words, file }, { key }), {
    status: 400,
    body: { errors: [{ pointer: '/file', detail: 'the id of a file of butte that exists' }] },
  });
  for (const agency of ['alpine', null])
    t.match(await call('POST', '/v1/holds', { ...words, agency, path: '/**' }, { key }), {
      status: 403,
      body: { code: 'agency-not-allowed' },
    });
  t.equal(
    (await call('POST', `/v1/holds/${own.body.id}/lifting`, { reason: 'x' }, { key })).status,
    200,
  );
});

t.test('where lifting takes two, nobody has a hold end in a moment instead', async (t) => {
  const world = await openApi(t, { twoPersonActions: ['holds.lifting.create'] });
  await withAnn(world);
  const { id } = await place(world, { agency: 'alpine' });
  const url = `/v1/holds/${id}`;
  t.match(await world.call('PATCH', url, { until: '2030-01-01T00:00:01Z' }), {
    status: 400,
    body: {
      errors: [{ pointer: '/until', detail: 'null: to end it earlier, lift it, with a reason' }],
    },
  });
  const asked = await world.call('POST', `${url}/lifting`, { reason: 'settled' });
  t.match(asked, { status: 202, body: { action: 'holds.lifting.create' } });
  t.equal((await world.call('GET', url)).body.state, 'standing');
  const other = await world.keyWith(['*']);
  const approval = await world.call(
    'POST',
    `${String(asked.headers['location'])}/approval`,
    undefined,
    { key: other },
  );
  t.match(approval, { status: 200, body: { answer: { body: { state: 'lifted' } } } });
  t.match((await world.call('GET', url)).body.liftedBy, {
    kind: 'admin',
    approvedBy: { name: 'tester' },
  });
});

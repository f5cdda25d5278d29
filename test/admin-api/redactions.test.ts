import t from 'tap';
import { randomBytes } from 'node:crypto';
import { fileAt, openApi, upload, withAnn, worldWith } from './fixtures/api.ts';

const path = '/outgoing/ana-ortiz.pdf';
const asked = {
  agency: 'alpine',
  path,
  reason: 'sent by mistake',
  authority: 'privacy office 24-17',
};

t.test('a name is taken out of the ledger by who may, once its file is gone', async (t) => {
  const world = await worldWith(t, { [path]: randomBytes(10) });
  const { call, keyWith, ledgerRows } = world;
  const key = await keyWith(['audit:read', 'files:write']);
  t.match(await call('POST', '/v1/audit/redactions', asked, { key }), {
    status: 403,
    body: { code: 'scope-missing' },
  });
  t.match(await call('POST', '/v1/audit/redactions', asked), {
    status: 409,
    body: { code: 'conflict', detail: /lies there/ },
  });
  // Who looks for it says its name, too.
  await call('GET', `/v1/transfers?agency=alpine&path=${encodeURIComponent(path)}`);
  const { id } = await fileAt(world, path);
  t.equal((await call('DELETE', `/v1/files/${id}`)).status, 204);
  const found = await call('GET', `/v1/audit?path=${encodeURIComponent(path)}`);
  t.equal(found.body.items.length, 3);
  t.match(found.body.items[0], { path, names: { '/path': { name: /^[\w-]{43}$/ } } });

  const redactor = await keyWith(['audit:redact']);
  const answer = await call('POST', '/v1/audit/redactions', asked, { key: redactor });
  t.match(answer, {
    status: 201,
    body: { agency: 'alpine', commitments: [/./], transfers: 1, erased: true, stays: [] },
  });
  t.notMatch(answer.text, /ana-ortiz/, 'not even the answer has it');
  t.same((await call('GET', '/v1/audit?path=%2Foutgoing%2Fana-ortiz.pdf')).body.items, []);
  const whole = await call('GET', '/v1/audit?limit=500');
  const rows = whole.body.items as { event: string; url?: string; path?: string }[];
  t.equal(rows.filter((row) => row.path === '[redacted]').length, 3);
  t.ok(rows.some(({ url }) => url === '/v1/transfers?agency=alpine&path=[redacted]'));
  const searches = rows.filter(({ url }) => url?.includes('ana-ortiz'));
  t.equal(searches.length, 1, 'who asked for it again has said it again');
  t.same(
    (await call('GET', '/v1/transfers')).body.items.map(
      (transfer: { path: string }) => transfer.path,
    ),
    ['[redacted]'],
  );
  t.match(await call('POST', '/v1/audit/redactions', { ...asked, path: null, agency: 'nowhere' }), {
    status: 400,
    body: { code: 'field-invalid' },
  });
  t.match((await ledgerRows('name.redacted.1'))[0], {
    actor: { kind: 'admin' },
    agency: 'alpine',
    why: 'sent by mistake',
  });
  t.match((await call('GET', '/v1/audit/verification')).body, { ok: true });
});

t.test('it can take two administrators, and what waited forgets the name', async (t) => {
  const world = await openApi(t, { twoPersonActions: ['audit.redactions.create'] });
  const { call, adminKeys, database } = world;
  await withAnn(world);
  await upload(world, path, randomBytes(10));
  const { id } = await fileAt(world, path);
  await call('DELETE', `/v1/files/${id}`);
  const second = await adminKeys.createAdminKey(
    { actor: { kind: 'host' }, session: null, source: null },
    { name: 'second', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] },
  );
  const pending = await call('POST', '/v1/audit/redactions', asked);
  t.match(pending, { status: 202, body: { action: 'audit.redactions.create' } });
  const approved = await call('POST', `${pending.body.location}/approval`, undefined, {
    key: second.secret,
  });
  t.match(approved, { status: 200, body: { answer: { status: 201 } } });
  const kept = await database.read(({ query }) =>
    query.selectFrom('pending_changes').selectAll().execute(),
  );
  t.equal(kept.length, 1);
  t.notMatch(JSON.stringify(kept), /ana-ortiz/);
});

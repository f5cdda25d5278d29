import { createHash } from 'node:crypto';
import t from 'tap';
import { fileAt, upload, worldWith } from './fixtures/api.ts';

t.test('the tree of an agency', async (t) => {
  const content = Buffer.from('a payment file\n');
  const world = await worldWith(t, {
    '/outgoing/b.txt': content,
    '/outgoing/a.txt': Buffer.alloc(0),
    '/outgoing/é 1.txt': content,
  });
  const { call } = world;
  const root = (await call('GET', '/v1/files?agency=alpine')).body;
  t.match(root, {
    items: [
      { path: '/incoming', kind: 'directory', sha256: null, version: null },
      { name: 'outgoing' },
      { name: 'receipts' },
    ],
    nextCursor: null,
  });
  const names = async (query: string) =>
    (await call('GET', `/v1/files?agency=alpine&path=/outgoing${query}`)).body;
  t.strictSame(
    (await names('')).items.map((item: { path: string }) => item.path),
    ['/outgoing/a.txt', '/outgoing/b.txt', '/outgoing/é 1.txt'],
  );
  const first = await names('&limit=2');
  t.match(await names(`&limit=2&cursor=${String(first.nextCursor)}`), {
    items: [{ name: 'é 1.txt' }],
    nextCursor: null,
  });
  const file = await fileAt(world, '/outgoing/b.txt');
  t.strictSame(Object.keys(file).sort(), [
    'agency',
    'createdAt',
    'id',
    'kind',
    'modifiedAt',
    'name',
    'path',
    'receivedAt',
    'receivedFrom',
    'sha256',
    'size',
    'transferId',
    'version',
  ]);
  t.match(file, {
    agency: 'alpine',
    path: '/outgoing/b.txt',
    name: 'b.txt',
    kind: 'file',
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    receivedFrom: 'ann',
    receivedAt: '2030-01-01T00:00:00.000Z',
  });
  t.strictSame((await call('GET', `/v1/files/${String(file.id)}`)).body, file);
  t.equal((await call('GET', `/v1/transfers/${String(file.transferId)}`)).body.fileId, file.id);
  const missing = [
    '?agency=alpine&path=/nothing',
    '?agency=butte',
    '?agency=alpine&path=/outgoing/b.txt/more',
    '/00000000000000000000000000000000',
    '/00000000000000000000000000000000/content',
  ];
  for (const query of missing) {
    t.match(
      await call('GET', `/v1/files${query}`),
      { status: 404, body: { code: 'not-found' } },
      query,
    );
  }
  t.match(await call('GET', `/v1/files/${String(root.items[0].id)}/content`), {
    status: 409,
    body: { code: 'is-a-directory' },
  });
  const before = file.version;
  await upload(world, '/outgoing/b.txt', Buffer.from('new'));
  const after = await fileAt(world, '/outgoing/b.txt');
  t.equal(after.id, file.id);
  t.not(after.version, before, 'a new version');
  t.match(await call('DELETE', '/v1/agencies/alpine'), { status: 409 });
});

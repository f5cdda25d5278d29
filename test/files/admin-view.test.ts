import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { Fault } from '../../server/domain/faults.ts';
import { parseVirtualPathText } from '../../server/domain/virtual-path.ts';
import { identityOfAnn, openApi, upload, withAnn } from '../admin-api/fixtures/api.ts';

const holder: Holder = {
  origin: {
    actor: { kind: 'admin', keyId: 'abcdefghijkl', name: 'ops' },
    session: 'request-1',
    source: '192.0.2.1:4000',
  },
  sessionId: 'request-1',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

t.test('an upload shows only once it is published', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const files = createAdminFiles(world.files, world.store);
  const identity = await identityOfAnn(world);
  const path = parseVirtualPathText('/outgoing/half.bin');
  const flags = {
    read: false,
    write: true,
    append: false,
    create: true,
    truncate: true,
    exclusive: false,
  };
  const { grant } = await world.served.request<'open'>(identity, {
    kind: 'open',
    path,
    flags,
    change: {},
  });
  const unseen = async (what: string) => {
    t.strictSame(
      (await files.list({ agencyCode: 'alpine', path: '/outgoing' }, { after: null, max: 100 }))
        .items,
      [],
      what,
    );
    t.equal(
      await codeOf(
        files.list({ agencyCode: 'alpine', path: '/outgoing/half.bin' }, { after: null, max: 100 }),
      ),
      'not-found',
      what,
    );
  };
  await unseen('while it is received');
  const report = {
    kind: 'partial',
    size: 5,
    content: null,
    bytesWritten: 5,
    bytesRead: 0,
  } as const;
  await world.served.request<'close'>(identity, { kind: 'close', openId: grant.openId, report });
  await unseen('as a partial');
  await upload(world, '/outgoing/half.bin', randomBytes(9));
  t.match(
    await files.list(
      { agencyCode: 'alpine', path: '/outgoing/half.bin' },
      { after: null, max: 100 },
    ),
    {
      items: [{ size: 9, receivedFrom: 'ann', path: '/outgoing/half.bin' }],
      next: null,
    },
  );
});

t.test('an open has its transfer and rows, and keeps the bytes until it is closed', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  await upload(world, '/outgoing/a.bin', randomBytes(9));
  const files = createAdminFiles(world.files, world.store);
  const [file] = (
    await files.list({ agencyCode: 'alpine', path: '/outgoing' }, { after: null, max: 100 })
  ).items;
  const opened = await files.open(holder, file?.id ?? '', file?.version ?? '');
  t.match(opened, {
    file: { path: '/outgoing/a.bin', size: 9 },
    grant: { size: 9, sha256: file?.sha256 },
  });
  await upload(world, '/outgoing/a.bin', randomBytes(8));
  t.resolves(world.store.open(opened.grant.blobId, { write: false }).then((blob) => blob.close()));
  await files.close(opened.openId, 9, true);
  t.match((await world.ledgerRows('file.closed.1')).at(-1), {
    transfer: opened.openId,
    state: 'completed',
    bytesRead: 9,
    actor: { kind: 'admin', name: 'ops' },
  });
  t.equal(await codeOf(files.close(opened.openId, 9, true)), 'handle-invalid', 'once');
  const stopped = await files.open(holder, file?.id ?? '', file?.version ?? '');
  await files.close(stopped.openId, 3, false, 'content-corrupt');
  t.match((await world.ledgerRows('file.closed.1')).at(-1), {
    state: 'incomplete',
    outcome: 'failed',
    reason: 'content-corrupt',
    bytesRead: 3,
    sha256: null,
  });
});

t.test('what there is not', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const files = createAdminFiles(world.files, world.store);
  const [incoming] = (
    await files.list({ agencyCode: 'alpine', path: '/' }, { after: null, max: 1 })
  ).items;
  t.equal(await codeOf(files.open(holder, incoming?.id ?? '', 'x')), 'is-a-directory');
  t.equal(await codeOf(files.open(holder, 'x', 'x')), 'not-found');
  t.equal(await codeOf(files.get('x')), 'not-found');
  t.equal(
    await codeOf(files.list({ agencyCode: 'butte', path: '/' }, { after: null, max: 1 })),
    'not-found',
  );
  t.equal(
    await codeOf(files.list({ agencyCode: 'alpine', path: '/a\0' }, { after: null, max: 1 })),
    'name-invalid',
  );
  t.match(await files.get(incoming?.id ?? ''), {
    path: '/incoming',
    kind: 'directory',
    sha256: null,
  });
});

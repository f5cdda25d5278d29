import t from 'tap';
import type { Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { openExchange } from '../fixtures/exchange.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { FaultyStore, type StoreCall } from './fixtures/faulty-store.ts';

const READ = 1;
const WRITE = 2;
const CREAT = 8;
const PUT = WRITE | CREAT | 16;

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const doraOf = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const seen = '/agencies/alameda/outgoing';
const old = Buffer.from('the old version');
const content = randomBytes(300_000);

const plainReasons = [
  'the server could not read or write its storage',
  'the server has no room left',
];

type Story = {
  readonly name: string;
  readonly calls: readonly StoreCall[];
  /** What amy does; true when the server said OK to the last step. */
  run(amy: SftpClient): Promise<void>;
  /** What the State may see under the name when it went wrong, and must when it went well. */
  readonly before: Buffer | null;
  readonly after: Buffer;
};

const stories: readonly Story[] = [
  {
    name: 'a new file',
    calls: ['space', 'create', 'write', 'sync', 'truncate'],
    run: (amy) => amy.put('/outgoing/f', content),
    before: null,
    after: content,
  },
  {
    name: 'an overwritten file',
    calls: ['create', 'write', 'sync', 'remove'],
    run: (amy) => amy.put('/outgoing/f', content),
    before: old,
    after: content,
  },
  {
    name: 'a file written over from what is there',
    calls: ['create', 'open', 'read', 'write', 'sync'],
    run: async (amy) => {
      const handle = await amy.open('/outgoing/f', WRITE);
      await amy.write(handle, 0, Buffer.from('THE'));
      await amy.close(handle);
    },
    before: old,
    after: Buffer.from('THE old version'),
  },
  {
    name: 'a file cut by SETSTAT',
    calls: ['create', 'open', 'read', 'write', 'sync', 'truncate'],
    run: (amy) =>
      amy.ok(amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(1).u64(7))),
    before: old,
    after: Buffer.from('the old'),
  },
];

async function failEveryCall(
  t: Test,
  story: Story,
  call: StoreCall,
  errno: string,
): Promise<number> {
  const faulty = new FaultyStore();
  const exchange = await openExchange(t, {
    directory: t.testdir(),
    store: (store) => faulty.wrap(store),
  });
  const dora = await exchange.connect(doraOf);
  for (let nth = 1; nth < 1000; nth += 1) {
    const amy = await exchange.connect(amyOf);
    await amy.remove('/outgoing/f').catch(() => undefined);
    await amy.remove('/outgoing/f').catch(() => undefined);
    if (story.before !== null) await amy.put('/outgoing/f', story.before);
    faulty.fail(call, nth, errno);
    const failed = await story.run(amy).then(
      () => undefined,
      (error: unknown) => error,
    );
    const { fired } = faulty;
    faulty.lift();
    const where = `${story.name}: ${call} ${nth} ${errno}`;
    if (failed !== undefined) {
      if (!(failed instanceof SftpStatus)) throw failed;
      if (fired === 0 || failed.code !== 4 || !plainReasons.includes(failed.message))
        t.fail(`${where}: ${failed.code} ${failed.message}`);
      const names = (await dora.list(seen)).map(({ name }) => name);
      t.same(names, story.before === null ? [] : ['f'], `${where}: nothing else is visible`);
      if (story.before !== null && !(await dora.get(`${seen}/f`)).equals(story.before))
        t.fail(`${where}: the old version changed`);
      await story.run(amy);
    }
    if (!(await dora.get(`${seen}/f`)).equals(story.after))
      t.fail(`${where}: wrong content after it was lifted`);
    await amy.drop();
    if (fired === 0) {
      t.match(await verifyLedger(exchange.database), { ok: true });
      return nth - 1;
    }
  }
  throw new Error('the story never ends');
}

for (const story of stories) {
  t.test(`${story.name}: the storage fails at the Nth call`, async (t) => {
    for (const call of story.calls) {
      for (const errno of ['EIO', 'ENOSPC']) {
        await t.test(`${call} ${errno}`, async (t) =>
          t.comment(`${await failEveryCall(t, story, call, errno)} calls failed, one by one`),
        );
      }
    }
  });
}

t.test(
  'a disk that stays full: uploads are refused, downloads go on, and the partial is resumed once there is room',
  async (t) => {
    const faulty = new FaultyStore();
    const exchange = await openExchange(t, { store: (store) => faulty.wrap(store) });
    const amy = await exchange.connect(amyOf);
    await amy.put('/outgoing/there', old);
    // More than may be on its way to disk, so that some of it is there.
    const large = randomBytes(12_000_000);
    const handle = await amy.open('/outgoing/f', PUT);
    for (let at = 0; at < 6_000_000; at += 30_000)
      await amy.write(handle, at, large.subarray(at, at + 30_000));
    faulty.fail('write', 1, 'ENOSPC', true);
    let refused: unknown;
    for (let at = 6_000_000; at < large.length && refused === undefined; at += 30_000) {
      refused = await amy
        .write(handle, at, large.subarray(at, at + 30_000))
        .catch((error: unknown) => error);
    }
    t.match(refused, { code: 4, message: 'the server has no room left' });
    t.ok((await amy.get('/outgoing/there')).equals(old));
    await t.rejects(amy.close(handle), { code: 4 });
    faulty.lift();
    const { size } = await amy.stat('/outgoing/f');
    t.ok(size > 0 && size <= large.length, `${size} bytes kept`);
    const resumed = await amy.open('/outgoing/f', WRITE | CREAT);
    for (let at = size; at < large.length; at += 30_000)
      await amy.write(resumed, at, large.subarray(at, at + 30_000));
    await amy.close(resumed);
    t.ok((await amy.get('/outgoing/f')).equals(large));
  },
);

t.test(
  'a blob that cannot be opened for reading is an error, and the handle is given back',
  async (t) => {
    const faulty = new FaultyStore();
    const exchange = await openExchange(t, { store: (store) => faulty.wrap(store) });
    const amy = await exchange.connect(amyOf);
    await amy.put('/outgoing/f', content);
    for (const [call, errno] of [
      ['open', 'EIO'],
      ['open', 'EMFILE'],
      ['read', 'EIO'],
    ] as const) {
      faulty.fail(call, 1, errno, true);
      await t.rejects(amy.get('/outgoing/f'), { code: 4, message: plainReasons[0] });
      const checking = amy.extended('check-file-name', (writer) =>
        writer.string('/outgoing/f').string('sha256').u64(5).u64(0).u32(0),
      );
      t.match((await amy.status(checking)).code, 4);
      faulty.lift();
      t.ok((await amy.get('/outgoing/f')).equals(content));
    }
    await amy.drop();
    const unfinished = await exchange.database.read(({ query }) =>
      query.selectFrom('transfers').selectAll().where('ended_at', 'is', null).execute(),
    );
    t.same(unfinished, [], 'every transfer ended');
    t.equal(READ, 1);
  },
);

t.test(
  'SETSTAT whose blob cannot be made leaves no upload behind that blocks the name',
  async (t) => {
    // The OPEN inside SETSTAT was not closed when the blob could not be created: until the session ended, every further
    // write to the name was refused with "you are already writing that file".
    const faulty = new FaultyStore();
    const exchange = await openExchange(t, { store: (store) => faulty.wrap(store) });
    const amy = await exchange.connect(amyOf);
    await amy.put('/outgoing/f', old);
    faulty.fail('create', 1, 'EIO');
    t.match(
      await amy.status(
        amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(1).u64(100_000)),
      ),
      { code: 4 },
    );
    faulty.lift();
    await amy.put('/outgoing/f', content);
    t.ok((await amy.get('/outgoing/f')).equals(content));
  },
);

t.test(
  'bytes that cannot be removed are of no use to anybody, and go at the next start',
  async (t) => {
    const faulty = new FaultyStore();
    const directory = t.testdir();
    const exchange = await openExchange(t, { directory, store: (store) => faulty.wrap(store) });
    const amy = await exchange.connect(amyOf);
    await amy.put('/outgoing/f', content);
    faulty.fail('remove', 1, 'EIO', true);
    await amy.remove('/outgoing/f');
    await exchange.close();
    t.equal(exchange.faults.length, 1, 'it is logged');
    faulty.lift();
    const again = await openExchange(t, { directory });
    const left: string[] = [];
    for await (const id of again.store.list()) left.push(id);
    t.same(left, []);
  },
);

import t from 'tap';
import { diskReserveBytesOf } from '../../server/domain/disk.ts';
import { openExchange, type ExchangeUser } from '../fixtures/exchange.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { seededRandom } from '../fault/fixtures/random.ts';

const quotaBytes = 100_000;
const PUT = 2 | 8 | 16;
const names = ['a', 'b', 'c', 'd', 'e'] as const;

type Stored = { readonly owner: string; readonly size: number };

t.setTimeout(120_000);

t.test(
  'random histories: usage is the sum of the live versions, and the quota is refused exactly when it must be',
  async (t) => {
    const random = seededRandom();
    t.comment(`seed ${random.seed}`);
    const exchange = await openExchange(t);
    const users: readonly ExchangeUser[] = [
      { username: 'amy', agency: 'alameda', quotaBytes },
      { username: 'ann', agency: 'alameda', quotaBytes: 60_000 },
      { username: 'art', agency: 'alameda' },
    ];
    const clients = new Map<
      string,
      SftpClient & { readonly sessionId: string; drop(): Promise<void> }
    >();
    for (const user of users) clients.set(user.username, await exchange.connect(user));
    const stored = new Map<string, Stored>();
    const used = (owner: string) =>
      [...stored.values()].reduce((sum, file) => sum + (file.owner === owner ? file.size : 0), 0);
    let refused = 0;
    const steps = 600;
    for (let step = 0; step < steps; step += 1) {
      const user = random.pick(users);
      const client = clients.get(user.username)!;
      const name = random.pick(names);
      const path = `/outgoing/${name}`;
      const kind = random.int(10);
      if (kind < 6) {
        const size = random.int(4) === 0 ? random.int(120_000) : random.int(30_000);
        const before = stored.get(name);
        const released = before?.owner === user.username ? before.size : 0;
        const room = (user.quotaBytes ?? Infinity) - used(user.username) + released;
        const outcome = await client.put(path, Buffer.alloc(size, step)).then(
          () => 'stored',
          (error: unknown) => (error instanceof SftpStatus ? error.message : Promise.reject(error)),
        );
        if (size <= room) {
          t.equal(outcome, 'stored', `step ${step}: ${size} of ${room}`);
          stored.set(name, { owner: user.username, size });
        } else {
          refused += 1;
          t.match(outcome, /^quota of .* reached$/, `step ${step}: ${size} of ${room}`);
          // What came in before the refusal is a partial of the user; it is given up, so that the next step starts clean.
          await client.drop();
          clients.set(user.username, await exchange.connect(user));
          const partials = await exchange.database.read(({ query }) =>
            query.selectFrom('uploads').selectAll().execute(),
          );
          if (partials.length > 0) await clients.get(user.username)!.remove(path);
        }
      } else if (kind < 8) {
        const there = stored.delete(name);
        await client
          .remove(path)
          .catch((error: SftpStatus) => t.equal(there, false, error.message));
      } else {
        const target = random.pick(names);
        const from = stored.get(name);
        await client
          .posixRename(path, `/outgoing/${target}`)
          .catch((error: SftpStatus) => t.equal(from, undefined, error.message));
        if (from !== undefined) {
          stored.delete(name);
          stored.set(target, from);
        }
      }
      const counted = await exchange.database.read(async ({ query }) => ({
        usage: await query
          .selectFrom('user_usage')
          .innerJoin('users', 'users.id', 'user_usage.user_id')
          .select(['username', 'bytes'])
          .execute(),
        live: await query
          .selectFrom('versions')
          .innerJoin('users', 'users.id', 'versions.received_by')
          .select(['username', 'size'])
          .where('blob_id', 'is not', null)
          .where('replaced_at', 'is', null)
          .execute(),
      }));
      for (const { username } of users) {
        const usage = counted.usage.find((row) => row.username === username)?.bytes ?? 0;
        const live = counted.live.reduce(
          (sum, row) => sum + (row.username === username ? row.size : 0),
          0,
        );
        if (usage !== used(username) || live !== usage)
          t.fail(
            `step ${step}: ${username} has ${used(username)}, usage ${usage}, versions ${live}`,
          );
      }
    }
    t.comment(`${steps} steps, ${refused} refused by quota`);
    t.ok(refused > 0);
    t.same(exchange.faults, []);
  },
);

t.test('partials count, and a resumed one counts once', async (t) => {
  const exchange = await openExchange(t);
  const user = { username: 'amy', agency: 'alameda', quotaBytes };
  const amy = await exchange.connect(user);
  const handle = await amy.open('/outgoing/part', PUT);
  await amy.write(handle, 0, Buffer.alloc(70_000));
  await amy.drop();
  const again = await exchange.connect(user);
  const other = await again.open('/outgoing/other', PUT);
  await t.rejects(again.write(other, 0, Buffer.alloc(30_001)), { message: /quota/ });
  await t.rejects(again.close(other), { code: 4 }, 'what was refused is not received');
  await again.put('/outgoing/other', Buffer.alloc(30_000));
  const resumed = await again.open('/outgoing/part', 2);
  await t.rejects(again.write(resumed, 70_000, Buffer.alloc(1)), { message: /quota/ });
  await t.rejects(again.close(resumed), { code: 4 });
  t.equal((await again.stat('/outgoing/part')).size, 70_000, 'still there to go on from');
});

t.test('two uploads at once cannot pass the quota together', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes });
  const first = await amy.open('/outgoing/1', PUT);
  const second = await amy.open('/outgoing/2', PUT);
  for (const handle of [first, second])
    for (let at = 0; at < 80_000; at += 20_000) await amy.write(handle, at, Buffer.alloc(20_000));
  const closed = await Promise.allSettled([amy.close(first), amy.close(second)]);
  t.same(
    closed.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  t.match(closed[1], { reason: { message: /quota/ } });
  t.same(
    await exchange.database.read(({ query }) =>
      query.selectFrom('user_usage').select('bytes').execute(),
    ),
    [{ bytes: 80_000 }],
  );
});

t.test('a disk that is full is not booked as a quota', async (t) => {
  // One code stood for both limits: the ledger told of users over their quota while the disk was full.
  const exchange = await openExchange(t, {
    store: (store) => ({
      create: (blobId) => store.create(blobId),
      open: (blobId, options) => store.open(blobId, options),
      remove: (blobId) => store.remove(blobId),
      list: () => store.list(),
      admit: (bytes) => store.admit(bytes),
      space: async () => {
        const bytesTotal = 1024 ** 4;
        return { bytesTotal, bytesFree: diskReserveBytesOf(bytesTotal) + 1000 };
      },
    }),
  });
  for (const [username, quotaBytes, reason] of [
    ['amy', 500, 'quota-exceeded'],
    ['ann', null, 'storage-full'],
  ] as const) {
    const client = await exchange.connect({ username, agency: 'alameda', quotaBytes });
    await t.rejects(client.put(`/outgoing/${username}`, Buffer.alloc(1001)));
    t.match((await exchange.events({ event: 'request.refused.1' })).at(-1), { reason });
    await client.drop();
  }
});

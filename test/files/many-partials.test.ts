import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { listed } from '../fixtures/listed.ts';
import type { ListReply } from '../../server/domain/requests.ts';
import { newId } from '../../server/files/tree.ts';
import { parseVirtualPath } from '../../server/domain/virtual-path.ts';
import { openExchange } from '../fixtures/exchange.ts';

const amy = { username: 'amy', agency: 'alameda' } as const;

// Every batch of a listing read all of the user's own partials that came after it: 20,000 of them, in one answer.
t.test(
  'a directory of own partials and entries is told in batches, whole and in order',
  async (t) => {
    const exchange = await openExchange(t);
    const { userId } = await exchange.login(amy);
    const client = await exchange.connect(amy);
    const kept = await client.open('/outgoing/a-partial', 2 | 8 | 16);
    await client.write(kept, 0, Buffer.of(1));
    await client.drop();
    const reader = await exchange.connect(amy);
    const entries = Array.from(
      { length: 30 },
      (_, index) => `f${String(index * 50).padStart(4, '0')}-entry`,
    );
    for (const name of entries) await reader.mkdir(`/outgoing/${name}`);
    const partials = Array.from(
      { length: 1300 },
      (_, index) => `f${String(index).padStart(4, '0')}`,
    );
    await exchange.database.write(async ({ query }) => {
      const pattern = await query
        .selectFrom('uploads')
        .selectAll()
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      const blob = await query
        .selectFrom('blobs')
        .selectAll()
        .where('id', '=', pattern.blob_id)
        .executeTakeFirstOrThrow();
      for (const name of partials) {
        const id = newId();
        await query
          .insertInto('blobs')
          .values({ ...blob, id })
          .execute();
        await query
          .insertInto('uploads')
          .values({ ...pattern, id: newId(), blob_id: id, name })
          .execute();
      }
    });
    const sizes: number[] = [];
    const seen: string[] = [];
    for (let after: string | null = null; ;) {
      const reply = await exchange.monitor.request(reader.sessionId, {
        kind: 'list',
        path: parseVirtualPath(Buffer.from('/outgoing')),
        after,
        entriesMax: limits.listingEntriesMax,
      });
      if (!reply.ok) throw new Error(reply.refusal.reason);
      const batch: ListReply = reply.value;
      const told = listed(batch.text);
      sizes.push(told.length);
      seen.push(...told.map(({ name }) => name));
      after = batch.next;
      if (after === null) break;
    }
    t.same(seen, ['a-partial', ...entries, ...partials].toSorted());
    t.ok(Math.max(...sizes) <= 2 * limits.listingEntriesMax, `batches of ${sizes.join(', ')}`);
    t.same(
      (await reader.list('/outgoing')).map(({ name }) => name),
      seen,
      'over SFTP too',
    );
  },
);

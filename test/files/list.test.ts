import t from 'tap';
import type { Outcome } from '../../server/domain/faults.ts';
import type { ListReply } from '../../server/domain/requests.ts';
import { parseVirtualPathText } from '../../server/domain/virtual-path.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { listed } from '../fixtures/listed.ts';

const createFlags = 2 | 8 | 16;
const names = [
  'a "quoted" name',
  'comma,and;more',
  'é-kept',
  'ß',
  '日本.txt',
  '🗂',
  '%2F',
  'null',
  '0',
];

// The database writes the text of a directory in which nothing of the user's own is unfinished; with one partial the
// rows are fetched and put together instead.
t.test('a directory lists the same, whoever puts its batches together', async (t) => {
  const exchange = await openExchange(t);
  const client = await exchange.connect({ username: 'amy', agency: 'alameda' });
  for (const [index, name] of names.entries()) {
    const handle = await client.open(`/outgoing/${name}`, createFlags);
    await client.write(handle, 0, Buffer.alloc(index * 1_000, 1));
    await client.close(handle);
  }
  await client.mkdir('/outgoing/directory');

  const list = async (path: string, entriesMax: number) => {
    const batches = [];
    for (let after: string | null = null; ;) {
      const reply: Outcome<ListReply> = await exchange.monitor.request<'list'>(client.sessionId, {
        kind: 'list',
        path: parseVirtualPathText(path),
        after,
        entriesMax,
      });
      if (!reply.ok) throw new Error(reply.refusal.reason);
      batches.push(...listed(reply.value.text));
      after = reply.value.next;
      if (after === null) return batches;
    }
  };
  const published = await list('/outgoing', 100);
  t.same(
    published.map(({ name }) => name).toSorted(),
    [...names.map((name) => name.normalize('NFC')), 'directory'].toSorted(),
  );
  for (const entriesMax of [1, 3, 10, 11])
    t.same(await list('/outgoing', entriesMax), published, `batches of ${entriesMax}`);
  t.same(await list('/outgoing/directory', 100), [], 'nothing');
  t.match(await list('/', 100), [{ attributes: { owner: 'alameda', group: 'alameda' } }]);

  const partial = await client.open('/outgoing/m-partial', createFlags);
  for (const entriesMax of [3, 100]) {
    const together = await list('/outgoing', entriesMax);
    t.equal(together.length, published.length + 1);
    t.same(
      together.filter(({ name }) => name !== 'm-partial'),
      published,
      `together, batches of ${entriesMax}`,
    );
  }
  await client.close(partial);
});

import t from 'tap';
import { listingText } from '../../server/domain/listing.ts';
import { DirectoryHandle } from '../../server/sftp/directory-handle.ts';
import { unmetered } from '../../server/memory/budget.ts';
import { loneAccount } from '../fixtures/memory.ts';

const attributes = {
  kind: 'file',
  size: 7,
  mode: 0o640,
  accessedAtMs: 1,
  modifiedAtMs: 2,
  owner: 'amy',
  group: 'alameda',
} as const;
const names = ['a', 'b', 'c', 'd', 'e'];

function batchAfter(after: string | null) {
  const at = after === null ? 0 : names.indexOf(after) + 1;
  const some = names.slice(at, at + 2);
  const text = listingText(some.map((name) => ({ name, attributes })));
  return { text, next: at + 2 < names.length ? some.at(-1)! : null };
}

// An entry was looked at and stepped over in two calls: a rest between them told it twice.
t.test('a directory may rest at any moment, and tells each entry once', async (t) => {
  const account = loneAccount();
  const fetch = async (after: string) => batchAfter(after);
  const directory = new DirectoryHandle(batchAfter(null), fetch, account);
  const told: string[] = [];
  for (;;) {
    const next = directory.next();
    // Before whoever asked for it goes on.
    if (next instanceof Promise) void next.then(() => directory.rest());
    else directory.rest();
    const entry = await next;
    if (entry === undefined) break;
    told.push(entry.name);
  }
  t.same(told, names);
  directory.close();
  t.equal(account.bytes, 0);
});

t.test('the next batch is asked for while one is told, where there is room', async (t) => {
  const asked: string[] = [];
  const fetch = async (after: string) => {
    asked.push(after);
    return batchAfter(after);
  };
  const directory = new DirectoryHandle(batchAfter(null), fetch, loneAccount());
  t.match(directory.next(), { name: 'a' }, 'at once');
  t.same(asked, ['b']);
  t.match(directory.next(), { name: 'b' });
  t.match(await directory.next(), { name: 'c' });
  t.same(asked, ['b', 'd'], 'each batch once');
  const full = new DirectoryHandle(batchAfter(null), fetch, { ...unmetered, room: 0 });
  asked.length = 0;
  t.match(full.next(), { name: 'a' });
  t.same(asked, [], 'and not where there is none');
  t.match(full.next(), { name: 'b' });
  t.match(await full.next(), { name: 'c' });
});

t.test('a batch that cannot be had is a failure of who asks for it', async (t) => {
  const fetch = async (): Promise<never> => Promise.reject(new Error('gone'));
  const directory = new DirectoryHandle(batchAfter(null), fetch, loneAccount());
  t.match(directory.next(), { name: 'a' });
  t.match(directory.next(), { name: 'b' });
  await t.rejects(async () => directory.next(), /gone/);
});

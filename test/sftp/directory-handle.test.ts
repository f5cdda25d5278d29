import t from 'tap';
import type { DirectoryEntry } from '../../server/domain/attributes.ts';
import { DirectoryHandle } from '../../server/sftp/directory-handle.ts';
import { loneAccount } from '../fixtures/memory.ts';

const names = ['a', 'b', 'c', 'd', 'e'];

function batchAfter(after: string | null) {
  const at = after === null ? 0 : names.indexOf(after) + 1;
  const entries = names.slice(at, at + 2).map((name) => ({ name }) as DirectoryEntry);
  return { entries, next: at + 2 < names.length ? entries.at(-1)!.name : null };
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
    void next.then(() => directory.rest());
    const entry = await next;
    if (entry === undefined) break;
    told.push(entry.name);
  }
  t.same(told, names);
  directory.close();
  t.equal(account.bytes, 0);
});

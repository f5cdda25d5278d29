import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import type { Holder } from '../../server/files/opens.ts';
import { recover } from '../../server/files/recovery.ts';
import { sweep } from '../../server/files/sweep.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';

t.setTimeout(120_000);

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};
const names = ['a', 'b', 'a.part'] as const;
type Name = (typeof names)[number];

/** Contents of a file, the newest first; the first is what it holds. */
type Model = Map<Name, string[]>;

type Step =
  | { readonly kind: 'put' | 'remove' | 'restore'; readonly name: Name }
  | { readonly kind: 'rename'; readonly name: Name; readonly to: Name };

const name = fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), name }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), name }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), name, to: name }) },
);

/** Half of them large enough to be files of their own. */
function contentOf(text: string): Buffer {
  const count = Number(text.slice(1)) % 2 === 0 ? 1 : 20_000;
  return Buffer.from(text.repeat(count));
}

const sha256 = (text: string) => createHash('sha256').update(contentOf(text)).digest('hex');

/** What was replaced comes before what was replaced earlier; a rename over a file replaces it, too. */
class Histories {
  readonly #keptMax: number;
  readonly files: Model = new Map();
  /** When each content was replaced. */
  readonly #replaced = new Map<string, number>();
  #clock = 0;

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  #trimmed(current: string, previous: readonly string[]): string[] {
    const at = (text: string) => this.#replaced.get(text) ?? 0;
    const sorted = previous.toSorted((x, y) => at(y) - at(x));
    return [current, ...sorted.slice(0, this.#keptMax)];
  }

  #retire(text: string): void {
    this.#clock += 1;
    this.#replaced.set(text, this.#clock);
  }

  put(file: Name, text: string): void {
    const before = this.files.get(file) ?? [];
    if (before[0] !== undefined) this.#retire(before[0]);
    this.files.set(file, this.#trimmed(text, before));
  }

  restore(file: Name): void {
    const [current, previous, ...older] = this.files.get(file)!;
    this.#retire(current!);
    this.files.set(file, this.#trimmed(previous!, [current!, ...older]));
  }

  rename(file: Name, to: Name): void {
    const [moved, ...own] = this.files.get(file)!;
    const target = this.files.get(to) ?? [];
    if (target[0] !== undefined) this.#retire(target[0]);
    this.files.delete(file);
    // Of what lay there as many are kept as ever, and then of both together.
    const theirs = this.#trimmed('', target).slice(1);
    this.files.set(to, this.#trimmed(moved!, [...own, ...theirs]));
  }
}

async function stored({ database, store }: Exchange) {
  const blobs = await database.read(({ query }) =>
    query
      .selectFrom('blobs')
      .select(['id', 'sha256', 'state'])
      .select((build) => build('content', 'is', null).as('in_file'))
      .execute(),
  );
  const live = blobs.filter(({ state }) => state !== 'destroyed');
  const files: string[] = [];
  for await (const id of store.list()) files.push(id);
  return {
    hashes: live.map((blob) => blob.sha256 ?? '').toSorted(),
    rows: live
      .filter((blob) => Number(blob.in_file) === 1)
      .map(({ id }) => id)
      .toSorted(),
    files: files.toSorted(),
  };
}

for (const keptMax of [0, 1, 3]) {
  t.test(`${keptMax} earlier contents are kept, whatever happens, and nothing else`, async (t) => {
    const exchange = await openExchange(t, { limits: { previousVersionsKeptMax: keptMax } });
    const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 1e9 });
    const view = createAdminFiles(exchange.parts, exchange.store);
    const changes = createAdminChanges(exchange.parts, exchange.store);
    let written = 0;
    const check = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const histories = new Histories(keptMax);
      const { files } = histories;
      const pathOf = (file: Name) => `/outgoing/${file}`;
      for (const each of steps) {
        const there = files.get(each.name);
        if (each.kind === 'put') {
          written += 1;
          const text = `c${written}`;
          await amy.put(pathOf(each.name), contentOf(text));
          histories.put(each.name, text);
        } else if (there === undefined) continue;
        else if (each.kind === 'remove') {
          await amy.remove(pathOf(each.name));
          files.delete(each.name);
        } else if (each.kind === 'rename') {
          if (each.to === each.name) continue;
          await amy.posixRename(pathOf(each.name), pathOf(each.to));
          histories.rename(each.name, each.to);
        } else if (there.length > 1) {
          const { id } = await view.at('alameda', pathOf(each.name));
          const { items } = await view.versions(id, { after: null, max: 10 });
          const previous = items.find(({ state }) => state === 'previous');
          await changes.restore(administrator, id, previous!.id);
          histories.restore(each.name);
        }
      }
      for (const [file, contents] of files) {
        const { id } = await view.at('alameda', pathOf(file));
        const { items } = await view.versions(id, { after: null, max: 100 });
        const kept = items.filter(({ state }) => state !== 'destroyed');
        t.strictSame(
          kept.map((version) => version.sha256),
          contents.map(sha256),
          `${file} after ${JSON.stringify(steps)}`,
        );
      }
      const current = [...files.values()].reduce((sum, [text]) => sum + contentOf(text!).length, 0);
      const usage = await exchange.database.read(({ query }) =>
        query.selectFrom('user_usage').select('bytes').executeTakeFirst(),
      );
      t.equal(usage?.bytes ?? 0, current, 'the quota counts what is current');
      // What a start does leaves all of it.
      await recover(exchange.parts, exchange.store);
      await sweep(exchange.parts, exchange.store);
      const { hashes, rows, files: onDisk } = await stored(exchange);
      t.strictSame(hashes, [...files.values()].flat().map(sha256).toSorted());
      t.strictSame(onDisk, rows, 'each has its bytes, and there are no others');
      for (const file of files.keys()) await amy.remove(pathOf(file));
    });
    await fc.assert(check, { numRuns: 25 });
    t.strictSame((await stored(exchange)).files, [], 'a removal takes all of it');
    t.same(exchange.faults, []);
  });
}

t.test('an upload over the API that a crash cut is nothing after the next start', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await amy.put('/outgoing/f', Buffer.from('before'));
  const changes = createAdminChanges(exchange.parts, exchange.store);
  const where = { agencyCode: 'alameda', path: '/outgoing/f', over: 'anything' } as const;
  const { openId, blob } = await changes.beginUpload(administrator, where);
  const file = await exchange.store.create(blob.blobId);
  await file.write(0, [Buffer.alloc(100_000)]);
  await file.close();
  // A new process knows of no open.
  exchange.parts.opens.remove(openId);
  await recover(exchange.parts, exchange.store);
  await sweep(exchange.parts, exchange.store);
  const { rows, files } = await stored(exchange);
  t.strictSame([rows, files], [[], []]);
  const closed = await exchange.events({ event: 'file.closed.1' });
  const cut = closed.find((row) => row['transfer'] === openId);
  t.match(cut, { state: 'discarded', outcome: 'failed' });
  t.equal((await amy.get('/outgoing/f')).toString(), 'before');
});

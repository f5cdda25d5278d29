import t from 'tap';
import { openExchange } from '../fixtures/exchange.ts';
import { SftpStatus, type SftpClient } from '../fixtures/sftp-client.ts';
import { seededRandom, type Random } from '../fault/fixtures/random.ts';

const NO_SUCH_FILE = 2;
const FAILURE = 4;

/** A directory is a map, a file its content. */
type Tree = Map<string, Tree | Buffer>;

class Refused extends Error {
  readonly code: number;
  constructor(code: number) {
    super(String(code));
    this.code = code;
  }
}

/** The namespace as one would write it on a page: what the server must do too. */
class Model {
  readonly root: Tree = new Map([['outgoing', new Map()]]);

  #find(path: string): Tree | Buffer | undefined {
    let at: Tree | Buffer | undefined = this.root;
    for (const name of path.split('/').filter((segment) => segment !== ''))
      at = at instanceof Map ? at.get(name) : undefined;
    return at;
  }

  #place(path: string): {
    readonly parent: Tree;
    readonly name: string;
    readonly at: Tree | Buffer | undefined;
  } {
    const cut = path.lastIndexOf('/');
    const parent = this.#find(path.slice(0, cut));
    if (parent === undefined) throw new Refused(NO_SUCH_FILE);
    if (!(parent instanceof Map)) throw new Refused(FAILURE);
    const name = path.slice(cut + 1);
    return { parent, name, at: parent.get(name) };
  }

  put(path: string, content: Buffer): void {
    const { parent, name, at } = this.#place(path);
    if (at instanceof Map) throw new Refused(FAILURE);
    parent.set(name, content);
  }

  get(path: string): Buffer {
    const { at } = this.#place(path);
    if (at === undefined) throw new Refused(NO_SUCH_FILE);
    if (at instanceof Map) throw new Refused(FAILURE);
    return at;
  }

  list(path: string): string[] {
    const at = this.#find(path);
    if (at === undefined) throw new Refused(NO_SUCH_FILE);
    if (!(at instanceof Map)) throw new Refused(FAILURE);
    return [...at.keys()].toSorted();
  }

  remove(path: string): void {
    const { parent, name } = this.#place(path);
    this.get(path);
    parent.delete(name);
  }

  mkdir(path: string): void {
    const { parent, name, at } = this.#place(path);
    if (at !== undefined) throw new Refused(FAILURE);
    parent.set(name, new Map());
  }

  rmdir(path: string): void {
    const { parent, name, at } = this.#place(path);
    if (at === undefined) throw new Refused(NO_SUCH_FILE);
    if (!(at instanceof Map) || at.size > 0) throw new Refused(FAILURE);
    parent.delete(name);
  }

  rename(from: string, to: string, replace: boolean): void {
    const source = this.#place(from);
    const target = this.#place(to);
    if (source.at === undefined) throw new Refused(NO_SUCH_FILE);
    if (source.at === target.at) return;
    if (`${to}/`.startsWith(`${from}/`)) throw new Refused(FAILURE);
    if (
      target.at !== undefined &&
      (!replace || target.at instanceof Map || source.at instanceof Map)
    )
      throw new Refused(FAILURE);
    source.parent.delete(source.name);
    target.parent.set(target.name, source.at);
  }
}

function pathFrom(random: Random): string {
  const depth = random.pick([1, 1, 1, 2, 2, 3]);
  return `/outgoing/${Array.from({ length: depth }, () => random.pick(['a', 'b', 'c'])).join('/')}`;
}

type Step = {
  readonly words: string;
  model(model: Model): unknown;
  server(amy: SftpClient): Promise<unknown>;
};

function stepFrom(random: Random, index: number): Step {
  const path = pathFrom(random);
  const other = pathFrom(random);
  const content = Buffer.from(`${index}`.repeat(random.int(50)));
  const kinds: Readonly<Record<string, () => Step>> = {
    put: () => ({
      words: `put ${path}`,
      model: (model) => model.put(path, content),
      server: (amy) => amy.put(path, content),
    }),
    get: () => ({
      words: `get ${path}`,
      model: (model) => model.get(path).toString(),
      server: async (amy) => (await amy.get(path)).toString(),
    }),
    list: () => ({
      words: `list ${path}`,
      model: (model) => model.list(path),
      server: async (amy) => (await amy.list(path)).map(({ name }) => name),
    }),
    remove: () => ({
      words: `remove ${path}`,
      model: (model) => model.remove(path),
      server: (amy) => amy.remove(path),
    }),
    mkdir: () => ({
      words: `mkdir ${path}`,
      model: (model) => model.mkdir(path),
      server: (amy) => amy.mkdir(path),
    }),
    rmdir: () => ({
      words: `rmdir ${path}`,
      model: (model) => model.rmdir(path),
      server: (amy) => amy.rmdir(path),
    }),
    rename: () => ({
      words: `rename ${path} ${other}`,
      model: (model) => model.rename(path, other, false),
      server: (amy) => amy.rename(path, other),
    }),
    posixRename: () => ({
      words: `posix-rename ${path} ${other}`,
      model: (model) => model.rename(path, other, true),
      server: (amy) => amy.posixRename(path, other),
    }),
  };
  const weighted = [
    'put',
    'put',
    'put',
    'get',
    'list',
    'remove',
    'mkdir',
    'mkdir',
    'mkdir',
    'rmdir',
    'rename',
    'rename',
    'posixRename',
    'posixRename',
  ];
  return kinds[random.pick(weighted)]!();
}

async function outcomeOf(work: () => unknown): Promise<unknown> {
  try {
    return (await work()) ?? 'ok';
  } catch (error) {
    if (error instanceof Refused || error instanceof SftpStatus) return { refused: error.code };
    throw error;
  }
}

async function treeOf(amy: SftpClient, path: string): Promise<Record<string, unknown>> {
  const tree: Record<string, unknown> = {};
  for (const { name, longname } of await amy.list(path)) {
    const below = `${path}/${name}`;
    tree[name] = longname.startsWith('d')
      ? await treeOf(amy, below)
      : (await amy.get(below)).toString();
  }
  return tree;
}

function plain(tree: Tree): Record<string, unknown> {
  return Object.fromEntries(
    [...tree].map(([name, at]) => [name, at instanceof Map ? plain(at) : at.toString()]),
  );
}

t.setTimeout(180_000);

t.test('random histories of one client give what a map of maps gives', async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const exchange = await openExchange(t);
  const histories = 60;
  const stepsEach = 80;
  let refused = 0;
  for (let history = 0; history < histories; history += 1) {
    const amy = await exchange.connect({ username: `amy${history}`, agency: `county${history}` });
    const model = new Model();
    const told: string[] = [];
    for (let index = 0; index < stepsEach; index += 1) {
      const step = stepFrom(random, index);
      told.push(step.words);
      const expected = await outcomeOf(() => step.model(model));
      const actual = await outcomeOf(() => step.server(amy));
      if (typeof expected === 'object' && !Array.isArray(expected)) refused += 1;
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        t.same(actual, expected, `history ${history}:\n${told.join('\n')}`);
        return;
      }
    }
    const { receipts, ...tree } = await treeOf(amy, '');
    t.type(receipts, 'object');
    t.same(tree, { incoming: {}, ...plain(model.root) }, `history ${history}`);
    await amy.drop();
  }
  t.comment(`${histories * stepsEach} steps, ${refused} of them refused by both`);
  t.same(exchange.faults, []);
  const { entries, versions } = await exchange.database.read(async ({ query }) => ({
    entries: await query
      .selectFrom('entries')
      .select(['version_id', 'id'])
      .where('kind', '=', 'file')
      .execute(),
    versions: await query
      .selectFrom('versions')
      .select(['id', 'entry_id', 'replaced_at'])
      .where('blob_id', 'is not', null)
      .execute(),
  }));
  t.same(
    versions
      .filter(({ replaced_at }) => replaced_at === null)
      .map(({ id, entry_id }) => `${entry_id} ${id}`)
      .toSorted(),
    entries.map(({ id, version_id }) => `${id} ${version_id}`).toSorted(),
    'a live version for each file, and no other',
  );
  const previous = versions.filter(({ replaced_at }) => replaced_at !== null);
  const had = new Set(previous.map(({ entry_id }) => entry_id));
  t.equal(had.size, previous.length, 'at most one version from before for each');
  t.ok(
    [...had].every((id) => entries.some((entry) => entry.id === id)),
    'and none of what was removed',
  );
});

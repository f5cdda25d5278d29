import t, { type Test } from 'tap';
import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenDatabase } from '../../server/database/open.ts';
import type { LedgerEntry, LedgerEvent, Origin } from '../../server/domain/events.ts';
import { createLedger, ledger as nameless } from '../../server/ledger/ledger.ts';
import { holdings } from '../../server/ledger/name-members.ts';
import { createLedgerNames } from '../../server/ledger/names.ts';
import { namesIn, openedBodies, redactedText } from '../../server/ledger/opened-row.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { verifyLedger } from '../../server/ledger/verify.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { masterKey } from '../fixtures/ledger.ts';

const amy: Origin = {
  actor: { kind: 'user', userId: 'u1', username: 'amy', agency: 'alameda' },
  session: 's1',
  source: '192.0.2.1:4022',
};
const server: Origin = { actor: { kind: 'server' }, session: null, source: null };

function entryOf(event: LedgerEvent, origin: Origin = amy): LedgerEntry {
  return { origin, outcome: 'success', reason: null, event };
}

const made = (path: string, agency = 'alameda') =>
  entryOf({ event: 'directory.created.1', agency, path });

type Named = {
  readonly database: OpenDatabase;
  readonly names: ReturnType<typeof createLedgerNames>;
  readonly append: (...entries: LedgerEntry[]) => Promise<void>;
  readonly bodies: () => Promise<readonly string[]>;
  readonly opened: () => Promise<readonly Record<string, unknown>[]>;
};

function openNamed(t: Test, isFollowing = true): Named {
  const database = freshDatabase(t);
  const names = createLedgerNames(masterKey);
  if (isFollowing) names.follow(database);
  const ledger = createLedger(names);
  const rows = () =>
    database.read(async (reader) => {
      const found = await reader.query.selectFrom('ledger').select('body').orderBy('seq').execute();
      return { found, bodies: await openedBodies(reader, names, found) };
    });
  return {
    database,
    names,
    append: (...entries) =>
      database.write(async (unit) => {
        for (const entry of entries) await ledger.append(unit, entry);
      }),
    bodies: async () => (await rows()).found.map(({ body }) => body),
    opened: async () => (await rows()).bodies,
  };
}

t.test('a row has a commitment in place of a name, which one key opens', async (t) => {
  const { database, names, append, bodies, opened } = openNamed(t);
  await append(made('/outgoing/ana-ortiz'), made('/outgoing/ana-ortiz'));
  await append(made('/outgoing/ana-ortiz', 'butte'));
  const texts = await bodies();
  for (const text of texts) t.notMatch(text, /ana-ortiz/);
  const [first, second, other] = texts.map(
    (text) => (JSON.parse(text) as { path: { name: string } }).path.name,
  );
  t.equal(first, second, 'one name, one commitment');
  t.not(first, other, 'but the same in the tree of another agency is another name');
  t.match(await opened(), [
    { path: '/outgoing/ana-ortiz', agency: 'alameda', names: { '/path': { name: first } } },
    { path: '/outgoing/ana-ortiz', agency: 'alameda' },
    { path: '/outgoing/ana-ortiz', agency: 'butte' },
  ]);
  const told = await database.read((reader) =>
    namesIn(
      reader,
      names,
      texts.map((body) => ({ body })),
    ),
  );
  t.same(
    told.map(({ commitment, path }) => [commitment, path]),
    [
      [first, '/outgoing/ana-ortiz'],
      [other, '/outgoing/ana-ortiz'],
    ],
    'each once, in the order of its first use',
  );
  for (const { commitment, path, key } of told) {
    const bytes = Buffer.from(key, 'base64url');
    t.equal(bytes.length, 32);
    t.equal(createHmac('sha256', bytes).update(path).digest('base64url'), commitment);
  }
  t.match(await verifyLedger(database), { ok: true, rows: 3 });
  const found = await searchLedger(
    database,
    { path: '/outgoing/ana-ortiz' },
    { before: null, rowsMax: 10 },
    { names },
  );
  t.same(
    found.rows.map(({ seq }) => seq),
    [3, 2, 1],
  );
});

t.test('each place of a name is one, and the row opens to what was told', async (t) => {
  const { append, bodies, opened } = openNamed(t);
  // What an administrator who never wrote a key for the agency asks about is nobody's; then it is the agency's.
  const read = (url: string) => entryOf({ event: 'api.read.1', method: 'GET', url, status: 200 });
  const url = '/v1/files?agency=alameda&path=%2Foutgoing%2Fmarker%20a&limit=5&prefix=marker';
  const events: LedgerEntry[] = [
    made('/outgoing/marker'),
    entryOf({
      event: 'entry.renamed.1',
      agency: 'alameda',
      path: '/outgoing/marker.part',
      toAgency: 'butte',
      to: '/outgoing/marker',
      size: 1,
      sha256: null,
      replaced: null,
    }),
    entryOf({
      event: 'request.refused.1',
      operation: 'open',
      path: '/agencies/butte/marker',
      count: 1,
    }),
    entryOf({
      event: 'hold.placed.1',
      hold: 'h1',
      agency: null,
      before: null,
      after: { agency: null, path: '/outgoing/marker/**', reason: 'a case' },
    }),
    entryOf({
      event: 'user.changed.1',
      username: 'amy',
      agency: 'alameda',
      before: { permissions: null },
      after: { permissions: [{ path: '/outgoing/**', allow: ['read'] }] },
    }),
    read(url),
    read('/v1/files?agency=nobody&path=%E0%A4%A&cursor=bWFya2Vy'),
    read('/v1/audit?event=file.closed.1'),
  ];
  await append(...events);
  const texts = await bodies();
  for (const text of texts) t.notMatch(text, /marker|bWFya2Vy/, text);
  t.match(texts[4], /"path":"\/outgoing\/\*\*"/, 'rules of permissions can be read for good');
  const rows = await opened();
  for (const [index, { event }] of events.entries()) {
    const { names, ...row } = rows[index]!;
    if (index !== 6) t.match(row, event, 'as it was told');
    t.equal(names !== undefined, index !== 4 && index !== 7, `row ${index + 1}`);
  }
  t.match(rows[6]!['url'], /^\/v1\/files\?agency=nobody&path=%25E0%25A4%25A&cursor=bWFya2Vy$/);
  // Whoever puts `names` back has what was hashed.
  for (const [index, text] of texts.entries()) {
    const { names = {}, ...told } = rows[index]!;
    const row: Record<string, unknown> = told;
    for (const [pointer, value] of Object.entries(names as object)) {
      const [member, inside] = pointer.slice(1).split('/');
      if (inside === undefined) row[member!] = value;
      else row[member!] = { ...(row[member!] as object), [inside]: value };
    }
    t.same(row, JSON.parse(text));
  }
});

t.test('as the State sees it, a name is of the tree that it is in', async (t) => {
  const { database, names, append, opened } = openNamed(t);
  const dora: Origin = {
    ...amy,
    actor: { kind: 'user', userId: 'u2', username: 'dora', agency: 'dcss' },
  };
  const refused = (path: string) =>
    entryOf({ event: 'request.refused.1', operation: 'open', path, count: 1 }, dora);
  await append(
    made('/outgoing/a'),
    refused('/agencies/alameda/outgoing/a'),
    refused('/agencies/made-up/outgoing/a'),
  );
  t.same(
    (await database.read((reader) => names.agencies(reader))).toSorted(),
    ['alameda', 'dcss'],
    'what a client makes up makes no key',
  );
  await database.write((unit) => names.redactAll(unit, 'alameda'));
  t.match(await opened(), [
    { path: redactedText },
    { path: redactedText },
    { path: '/agencies/made-up/outgoing/a' },
  ]);
});

t.test('who has no keys for names records none', async (t) => {
  const { database } = openNamed(t);
  await t.rejects(
    database.write((unit) => nameless.append(unit, made('/outgoing/a'))),
    /createLedger/,
  );
  await database.write((unit) =>
    nameless.append(unit, entryOf({ event: 'server.stopped.1' }, server)),
  );
  t.match(await verifyLedger(database), { ok: true, rows: 1 });
});

t.test('every member of every event says whether it names a file', (t) => {
  // The compiler asks the same of the union; this asks it of the text, should somebody have silenced it.
  const directory = new URL('../../../server/domain/', import.meta.url).pathname;
  const files = readdirSync(directory).filter((name) => /(^|-)events\.ts$/.test(name));
  t.ok(files.length > 2);
  const unlisted: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(directory, file), 'utf8');
    const start = file === 'events.ts' ? text.indexOf('export type LedgerEvent =') : 0;
    const end = file === 'events.ts' ? text.indexOf('export type LedgerEventName') : undefined;
    for (const [, member] of text.slice(start, end).matchAll(/readonly (\w+)\??:/g))
      if (!Object.hasOwn(holdings, member!)) unlisted.push(`${file}: ${member}`);
  }
  t.same(unlisted, []);
  t.equal(holdings.path, 'path');
  t.end();
});

const paths = ['/a', '/b', '/c'];
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'append',
      'append',
      'append',
      'fail',
      'redact',
      'redact-all',
      'redact-fail',
    ),
    path: fc.constantFrom(...paths),
    /** Ends the group of units that are queued together. */
    isAlone: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);

for (const isFollowing of [true, false])
  t.test(
    `whatever is undone or redacted, a row opens unless its name was redacted after it${isFollowing ? '' : ', with nothing kept from commit to commit'}`,
    async (t) => {
      await fc.assert(
        fc.asyncProperty(steps, async (drawn) => {
          const { database, names, opened } = openNamed(t, isFollowing);
          const ledger = createLedger(names);
          /** What each row should show. */
          const model: string[] = [];
          let queued: Promise<unknown>[] = [];
          const undone = new Error('undone');
          for (const { kind, path, isAlone } of drawn) {
            const work = database.write(async (unit) => {
              if (kind === 'redact' || kind === 'redact-fail')
                await names.redact(unit, 'alameda', path);
              else if (kind === 'redact-all') await names.redactAll(unit, 'alameda');
              else await ledger.append(unit, made(path));
              if (kind === 'fail' || kind === 'redact-fail') throw undone;
            });
            if (kind === 'append') model.push(path);
            if (kind === 'redact')
              for (const [index, name] of model.entries())
                if (name === path) model[index] = redactedText;
            if (kind === 'redact-all') model.fill(redactedText);
            queued.push(
              work.catch((error: unknown) => {
                if (error !== undone) throw error;
              }),
            );
            if (!isAlone) continue;
            await Promise.all(queued);
            queued = [];
          }
          await Promise.all(queued);
          t.same(
            (await opened()).map(({ path }) => path),
            model,
          );
          t.match(await verifyLedger(database), { ok: true });
        }),
        { numRuns: 60 },
      );
    },
  );

import { validateHeaderValue } from 'node:http';
import BetterSqlite3 from 'better-sqlite3';
import t from 'tap';
import { operationsOf, type Document } from '../../admin-api/openapi/document.ts';
import { databaseFileName } from '../../server/database/open.ts';
import { limits } from '../../server/domain/limits.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { seededRandom } from '../fault/fixtures/random.ts';
import { host, liveSession, openApi, upload, withAnn, type World } from './fixtures/api.ts';
import { hostileBodies, hostileTexts } from './fixtures/hostile.ts';
import { bodiesWith, goodRequest, urlOf, type Known, type Request } from './fixtures/requests.ts';

/** `EVERY=1` sends every text to every place, for an hour or so; otherwise each place gets the next of them. */
const every = process.env['EVERY'] === '1';
t.setTimeout(every ? 24 * 3_600_000 : 120_000);

/** Headers that any route may look at, documented or not. */
const commonHeaders = [
  ['authorization', 'content-type', 'content-encoding', 'accept', 'user-agent', 'x-request-id'],
  ['if-match', 'if-none-match', 'idempotency-key', 'range', 'if-range', 'digest', 'repr-digest'],
  ['origin', 'cookie', 'x-forwarded-for', 'x-http-method-override', 'last-event-id', 'prefer'],
].flat();

type Sent = {
  readonly method: string;
  readonly url: string;
  readonly body?: string | undefined;
  readonly headers: Record<string, string>;
};

t.test('500 hostile texts in every place of every route', async (t) => {
  const { world, document, known } = await inhabited(t);
  const watch = watchOf(world);
  const texts = hostileTexts();
  t.equal(new Set(texts).size, 500);
  const random = seededRandom(Number(process.env['SEED'] ?? 1));
  const places = operationsOf(document);
  const accepted = new Map<string, number>();
  let sent = 0;
  let turn = random.int(texts.length);
  const send = async (request: Request, hostile: Sent): Promise<void> => {
    const before = watch.seen();
    const answer = await world.call(hostile.method, hostile.url, hostile.body, {
      headers: hostile.headers,
      ...('authorization' in hostile.headers && { key: null }),
    });
    sent += 1;
    const { method, operation } = request.place;
    const name = operation.operationId ?? '';
    const where = `${hostile.method} ${hostile.url} ${JSON.stringify(hostile.headers)} ${hostile.body} -> ${answer.status} ${answer.text.slice(0, 500)}`;
    if (answer.status >= 500) t.fail(`an internal error: ${where}`);
    if (answer.status >= 400 && !String(answer.headers['content-type']).includes('problem+json'))
      t.fail(`no problem: ${where}`);
    if (/\.[jt]s:\d|node_modules/.test(answer.text)) t.fail(`tells of the inside: ${where}`);
    if (answer.status < 300) accepted.set(name, (accepted.get(name) ?? 0) + 1);
    // The bytes of a file are out before the end of their transfer is written.
    if (movesBytes(operation)) await new Promise((resolve) => setTimeout(resolve, 20));
    // What it started is its own.
    await world.retention.idle();
    const changed = watch.changedSince(before);
    if (answer.status >= 400 && changed.length > 0)
      t.fail(`refused, but changed ${changed.join()}: ${where}`);
    if (
      method === 'get' &&
      changed.some((table) => !['transfers', 'receipts'].includes(table) || !movesBytes(operation))
    )
      t.fail(`only read, but changed ${changed.join()}: ${where}`);
    const told =
      answer.status === 201
        ? answer.headers['location']
        : method === 'patch' && answer.status === 200
          ? hostile.url
          : undefined;
    if (typeof told === 'string' && told.startsWith('/') && answer.body !== undefined) {
      const shown = await world.call('GET', told);
      for (const [field, value] of Object.entries((shown.body ?? {}) as object))
        if (field in answer.body)
          t.strictSame(answer.body[field], value, `${where}: ${field} is stored as told`);
    }
  };

  for (const place of places.filter(({ operation }) => !streams(operation))) {
    const good = goodRequest(document, place, known);
    const isRemoval = place.method === 'delete';
    // What is there stays there for the others: hostile headers are sent to names of nothing.
    const harmless = isRemoval
      ? {
          ...good,
          names: Object.fromEntries(Object.keys(good.names).map((name) => [name, 'nothing'])),
        }
      : good;
    const variants = variantsOf(good, harmless);
    for (const variant of variants) {
      const chosen = every ? texts : [texts[(turn += 1) % texts.length]!];
      for (const text of chosen) for (const hostile of variant(text)) await send(good, hostile);
    }
    if (good.body !== undefined && typeof good.body === 'object')
      for (const body of hostileBodies(good.body as Record<string, unknown>))
        if (every || random.int(6) === 0) await send(good, sentOf(good, { body }));
  }
  t.ok(sent > 900, `${sent} requests`);
  t.comment(
    `${sent} requests to ${places.length} operations; taken: ${JSON.stringify(Object.fromEntries(accepted))}`,
  );
  t.strictSame(world.faults, []);
  t.match((await world.call('GET', '/v1/audit/verification')).body, { ok: true });
});

function movesBytes(operation: { responses?: object; requestBody?: object }): boolean {
  return JSON.stringify([operation.requestBody, operation.responses]).includes('octet-stream');
}

function streams(operation: { responses?: object }): boolean {
  return JSON.stringify(operation.responses?.['200' as keyof object] ?? '').includes(
    'event-stream',
  );
}

type Variant = (text: string) => Generator<Sent>;

/** One for each place of an operation that takes text. */
function variantsOf(good: Request, harmless: Request): Variant[] {
  const { operation } = good.place;
  const queries = [
    ...(operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => name),
    '',
  ];
  const documented = (operation.parameters ?? [])
    .filter((each) => each.in === 'header')
    .map(({ name }) => name);
  return [
    ...Object.keys(good.names).map(
      (name): Variant =>
        function* (text) {
          yield sentOf({ ...good, names: { ...good.names, [name]: text } });
          // As it is, where that is a URL at all.
          if (/^[!-~]+$/.test(text))
            yield sentOf(good, {
              url: urlOf(good).replace(encodeURIComponent(good.names[name]!), text),
            });
        },
    ),
    ...queries.map(
      (name): Variant =>
        function* (text) {
          yield sentOf({
            ...harmless,
            query: { ...harmless.query, [name === '' ? text : name]: text },
          });
        },
    ),
    ...new Set([...documented, ...commonHeaders].map((name) => name.toLowerCase())),
  ]
    .map((each): Variant =>
      typeof each !== 'string'
        ? each
        : function* (text) {
            const value = headerOf(text);
            if (value !== undefined) yield sentOf(harmless, { headers: { [each]: value } });
          },
    )
    .concat(
      good.body === undefined
        ? []
        : [
            function* (text) {
              for (const body of bodiesWith(good.body, text))
                yield sentOf(good, {
                  body: typeof body === 'string' ? body : JSON.stringify(body),
                });
            },
          ],
    );
}

function sentOf(request: Request, changed: Partial<Sent> = {}): Sent {
  const { place, headers, body, contentType } = request;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return {
    method: place.method.toUpperCase(),
    url: changed.url ?? urlOf(request),
    body: (changed.body ?? text) || undefined,
    headers: {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...headers,
      ...changed.headers,
    },
  };
}

/** The bytes of a text as a client would send them; `undefined` where Node's client refuses. */
function headerOf(text: string): string | undefined {
  const value = Buffer.from(text).toString('latin1');
  if (value.length > 8_000) return undefined;
  try {
    validateHeaderValue('x', value);
    return value;
  } catch {
    return undefined;
  }
}

/** Somebody and something of everything. */
async function inhabited(t: Parameters<typeof openApi>[0]) {
  const world = await openApi(t, {
    limits: { ...limits, apiRequestsPerSecondMax: 1e6, apiRequestsAtOnceMax: 1e6 },
  });
  await withAnn(world);
  await world.accounts.addKey(host, 'ann', { publicKey: testKey('ed25519').line });
  await retire(world, '/outgoing/old.csv');
  await upload(world, '/outgoing/report.csv', Buffer.from('a,b\n'));
  world.sessions.push(liveSession('session-1'));
  await world.keyWith(['audit:read']);
  const document = (await world.call('GET', '/openapi.json')).body as Document;
  const fixed: Record<string, string> = {
    username: 'ann',
    agency: 'alpine',
    code: 'alpine',
    publicKey: testKey('p256').line,
  };
  const found = new Map<string, string>();
  // What the lists show, by the path of one of its kind.
  for (const { method, path } of operationsOf(document)) {
    const [, list, name] = /^(.*)\/\{(\w+)\}$/.exec(path) ?? [];
    if (method !== 'get' || list === undefined || name === undefined) continue;
    const url = list
      .replace('{username}', 'ann')
      .replace('{code}', 'alpine')
      .replace('/retention-jobs/{id}', `/retention-jobs/${found.get('/v1/retention-jobs id')}`);
    const { body, status } = await world.call(
      'GET',
      url === '/v1/files' ? '/v1/files?agency=alpine&path=/outgoing' : url,
    );
    const items: Record<string, unknown>[] = status === 200 ? (body?.items ?? []) : [];
    // Not the key that makes the calls.
    const item = items.find(({ scopes }) => !Array.isArray(scopes) || !scopes.includes('*'));
    const value = item?.[name];
    if (typeof value === 'string') found.set(`${list} ${name}`, value);
  }
  let made = 0;
  const known: Known = (path, name) => {
    if (path === '') return name === 'username' ? `new-user-${(made += 1)}` : fixed[name];
    const list = path.slice(0, path.indexOf(`/{${name}}`));
    return found.get(`${list} ${name}`) ?? fixed[name];
  };
  return { world, document, known };
}

/** A file that a retention job has destroyed: there is a job, a run and a certificate. */
async function retire(world: World, path: string): Promise<void> {
  await upload(world, path, Buffer.from('old'));
  world.clock.nowMs += 40 * 24 * 60 * 60_000;
  const job = { name: 'old', agency: 'alpine', path, olderThanDays: 30, schedule: '0 3 1 1 *' };
  const made = await world.call('POST', '/v1/retention-jobs', job);
  const begun = await world.call('POST', `${made.headers['location'] as string}/runs`, {
    dryRun: false,
  });
  await world.retention.idle();
  await world.call('POST', `${begun.headers['location'] as string}/approval`);
  await world.retention.idle();
}

/** What of the database is not the ledger, seen over a connection of its own. */
function watchOf({ database }: World) {
  const sqlite = new BetterSqlite3(
    `${(database as unknown as { directory: string }).directory}/${databaseFileName}`,
    { readonly: true },
  );
  const tables = (
    sqlite
      .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
      .pluck()
      .all() as string[]
  )
    // The server notes the time now and then, whoever asks what.
    .filter((name) => !name.startsWith('ledger') && name !== 'retention_clock');
  const version = () => sqlite.pragma('data_version', { simple: true }) as number;
  const contents = () =>
    Object.fromEntries(
      tables.map((name) => [
        name,
        JSON.stringify(sqlite.prepare(`select * from "${name}"`).raw().all()),
      ]),
    );
  let at = { version: version(), contents: contents() };
  return {
    seen: () => at,
    /** The tables that are not what they were; whoever only wrote to the ledger changed none. */
    changedSince(before: typeof at): string[] {
      if (version() === before.version) return [];
      at = { version: version(), contents: contents() };
      return tables.filter((name) => at.contents[name] !== before.contents[name]);
    },
  };
}

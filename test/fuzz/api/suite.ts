import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc, { type Arbitrary } from 'fast-check';
import { operationsOf, type Document, type Place } from '../../../admin-api/openapi/document.ts';
import { databaseFileName } from '../../../server/database/open.ts';
import { undocumentedIn } from '../../admin-api/fixtures/documented.ts';
import { connectLive, putFast } from '../../fault/fixtures/live-client.ts';
import { makeOld } from '../../fault/fixtures/old-files.ts';
import { seededRandom } from '../../fault/fixtures/random.ts';
import { freePort, LiveServer, type LiveUser } from '../../fixtures/live-server.ts';
import { expect, withoutSome, type Bench, type Suite } from '../suite.ts';
import { callsOf, knownName, type Call } from './grammar.ts';

const callsMax = 4;
/** It reads the whole ledger, which every call makes longer. */
const seldom: ReadonlySet<string> = new Set(['verifyAudit']);
const seldomEvery = 1_000;
const surveyEveryCalls = 200;
const answerMsMax = 20_000;

/**
 * Calls of the whole description against a real server: no status and no body that it does not announce, no internal
 * error, and the server is there at the end.
 */
export const api: Suite<readonly Call[]> = {
  name: 'api',
  unit: 'calls',
  open: () => Caller.start(),
};

class Caller implements Bench<readonly Call[]> {
  readonly #server: LiveServer;
  readonly #document: Document;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #arbitraries = new Map<string, Arbitrary<Call>>();
  #names: ReadonlyMap<string, string>;
  readonly #statuses = new Map<string, Set<number>>();
  #calls = 0;

  constructor(server: LiveServer, document: Document, names: ReadonlyMap<string, string>) {
    this.#server = server;
    this.#document = document;
    this.#names = names;
    this.#places = new Map(
      operationsOf(document).map((place) => [place.operation.operationId ?? '', place]),
    );
  }

  static async start(): Promise<Caller> {
    const directory = mkdtempSync(join(tmpdir(), 'waybill-fuzz-'));
    const server = new LiveServer(directory, [await freePort(), await freePort()], {
      WAYBILL_WORKERS: '0',
      WAYBILL_API_REQUESTS_PER_SECOND: '100000',
      WAYBILL_API_REQUESTS_AT_ONCE: '1000000',
      WAYBILL_API_FAILURES_PER_MINUTE: '100000',
      WAYBILL_RETENTION_SHARE_PERCENT: '100',
    });
    await server.start();
    const document = (await server.api('GET', '/openapi.json')) as unknown as Document;
    await server.addAgency('alameda');
    await destroyOne(server, await server.addUser('amy', 'alameda'));
    return new Caller(server, document, await survey(server, document));
  }

  make(random: { int(below: number): number }, index: number): readonly Call[] {
    const ids = [...this.#places.keys()].filter(
      (id) => !seldom.has(id) || index % seldomEvery === 0,
    );
    return Array.from({ length: 1 + random.int(callsMax) }, () => {
      const id = ids[random.int(ids.length)]!;
      const calls = this.#arbitraries.get(id) ?? callsOf(this.#document, this.#places.get(id)!);
      this.#arbitraries.set(id, calls);
      return fc.sample(calls, { numRuns: 1, seed: random.int(2 ** 31) })[0]!;
    });
  }

  async run(calls: readonly Call[]): Promise<number> {
    for (const call of calls) await this.#call(call);
    return calls.length;
  }

  async #call(call: Call): Promise<void> {
    const { method, path, operation } = this.#places.get(call.operationId)!;
    const address = `http://127.0.0.1:${this.#server.adminPort}${this.#urlOf(call, path)}`;
    const hasBody = call.body !== null && !['get', 'head'].includes(method);
    const gone = new AbortController();
    const timer = setTimeout(() => gone.abort(), answerMsMax);
    try {
      const answer = await fetch(address, {
        method: method.toUpperCase(),
        signal: gone.signal,
        headers: {
          ...call.headers,
          authorization: `Bearer ${this.#server.apiKey}`,
          ...(hasBody && call.contentType !== null && { 'content-type': call.contentType }),
        },
        ...(hasBody && { body: Buffer.from(call.body ?? '') }),
      });
      const contentType = answer.headers.get('content-type') ?? undefined;
      // A stream of events has no end.
      const endless = contentType?.startsWith('text/event-stream') === true;
      const text = endless ? '' : await answer.text();
      if (endless) gone.abort();
      this.#calls += 1;
      // What was there may be gone.
      if (this.#calls % surveyEveryCalls === 0)
        this.#names = await survey(this.#server, this.#document);
      const { status } = answer;
      const seen = this.#statuses.get(call.operationId) ?? new Set<number>();
      this.#statuses.set(call.operationId, seen.add(status));
      expect(status < 500 || operation['x-scope'] === undefined, `${status} ${text}`);
      const told = { path, method: method.toUpperCase(), status, contentType, text };
      // A name may make another route of a path, or none at all.
      const isOther = status === 404 && text.includes('route-unknown');
      const wrong = isOther ? [] : undocumentedIn(this.#document, told);
      expect(wrong.length === 0, wrong.join('\n'));
    } finally {
      clearTimeout(timer);
    }
  }

  #urlOf({ names, query }: Call, path: string): string {
    const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
      const given = names[name] ?? 'nothing';
      const list = path.slice(0, path.indexOf(`/${whole}`));
      return encoded(
        given === knownName ? (this.#names.get(`${list} ${name}`) ?? 'nothing') : given,
      );
    });
    const search = Object.entries(query).map((pair) => pair.map(encoded).join('='));
    return search.length === 0 ? filled : `${filled}?${search.join('&')}`;
  }

  text(calls: readonly Call[]): string {
    return calls.map((call) => JSON.stringify(call)).join('\n');
  }

  parse(text: string): readonly Call[] {
    const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    return lines.map((line) => JSON.parse(line) as Call);
  }

  *smaller(calls: readonly Call[]): Iterable<readonly Call[]> {
    yield* withoutSome(calls);
    for (const [at, call] of calls.entries())
      for (const simpler of simplerThan(call)) yield calls.with(at, simpler);
  }

  figures(): string {
    const statuses = [...this.#statuses.values()].reduce((sum, each) => sum + each.size, 0);
    const taken = [...this.#statuses].filter(([, each]) =>
      [...each].some((status) => status < 400),
    );
    const never = [...this.#places.keys()].filter((id) => !taken.some(([each]) => each === id));
    return `${this.#calls} calls, ${this.#statuses.size} of ${this.#places.size} operations, ${statuses} statuses, never taken: ${never.join(', ') || 'none'}`;
  }

  async close(): Promise<void> {
    const alive = await fetch(`http://127.0.0.1:${this.#server.adminPort}/livez`).then(
      ({ ok }) => ok,
      () => false,
    );
    await this.#server.stop();
    rmSync(this.#server.directory, { recursive: true, force: true });
    expect(alive, 'the server is gone');
  }
}

function* simplerThan(call: Call): Iterable<Call> {
  for (const part of ['query', 'headers'] as const)
    for (const name of Object.keys(call[part])) {
      const { [name]: _gone, ...rest } = call[part];
      yield { ...call, [part]: rest };
    }
  if (call.body === null) return;
  yield { ...call, body: null };
  try {
    const body = JSON.parse(call.body) as unknown;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return;
    for (const name of Object.keys(body)) {
      const { [name]: _gone, ...rest } = body as Record<string, unknown>;
      yield { ...call, body: JSON.stringify(rest) };
    }
  } catch {
    // No JSON has no fields to leave out.
  }
}

/** What the lists show, so that calls can name it: `/v1/users username` -> `amy`. */
async function survey(server: LiveServer, document: Document): Promise<Map<string, string>> {
  const ownJob = await renewPlan(server);
  doubtClock(server);
  const names = new Map([['/v1/agencies code', 'alameda']]);
  for (const { method, path } of operationsOf(document)) {
    const [, list, name] = /^(.*)\/\{(\w+)\}$/.exec(path) ?? [];
    if (method !== 'get' || list === undefined || name === undefined) continue;
    const url = list.replaceAll(/\{(\w+)\}/g, (whole, inner: string) =>
      encoded(names.get(`${list.slice(0, list.indexOf(`/${whole}`))} ${inner}`) ?? 'nothing'),
    );
    const page = await server
      .api<{ items?: Record<string, unknown>[] }>('GET', `${url}${queries[list] ?? ''}`)
      .catch(() => undefined);
    // The key that makes the calls is left alone.
    const items = page?.items?.filter(
      ({ scopes }) => !Array.isArray(scopes) || !scopes.includes('*'),
    );
    const item = items?.find(({ id, state }) => id === ownJob || state === 'planned') ?? items?.[0];
    const known = item?.[name] ?? item?.['id'];
    if (typeof known === 'string') names.set(`${list} ${name}`, known);
  }
  return names;
}

const ownRule = {
  name: 'own',
  agency: 'alameda',
  path: '/outgoing/**',
  olderThanDays: 30,
  schedule: '0 0 1 1 *',
  timezone: 'UTC',
};

/** A run that destroys something, so that there is a certificate. */
async function destroyOne(server: LiveServer, user: LiveUser): Promise<void> {
  const client = await connectLive(server, user);
  await putFast(client.sftp, '/outgoing/old', Buffer.from('old'));
  await client.end();
  makeOld(server, seededRandom(), { days: 60, clones: 0 });
  const { id } = await server.api<{ id: string }>('POST', '/v1/retention-jobs', ownRule);
  await server.api('POST', `/v1/retention-jobs/${id}/runs`, { dryRun: false });
  for (let look = 0; look < 400; look += 1) {
    if ((await server.all('/v1/certificates')).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('nothing was destroyed');
}

/** A plan that can be approved or cancelled, of a job that nobody else has to approve. @returns the job's id */
async function renewPlan(server: LiveServer): Promise<string | undefined> {
  const jobs = '/v1/retention-jobs';
  const found = (await server.all<{ id: string; name: string }>(jobs)).find(
    ({ name }) => name === ownRule.name,
  );
  // What was made of it may be in the way: then the next survey tries again.
  const made = found ?? (await server.api<{ id: string }>('POST', jobs, ownRule).catch(() => null));
  if (made === null) return undefined;
  await server.api('POST', `${jobs}/${made.id}/runs`, { dryRun: true }).catch(() => undefined);
  return made.id;
}

/** Has the time wait for its confirmation, as if somebody had set the clock. */
function doubtClock({ dataDirectory }: LiveServer): void {
  const database = new BetterSqlite3(join(dataDirectory, databaseFileName), { timeout: 5_000 });
  database
    .prepare(
      `UPDATE retention_clock SET problem = 'jumped', problem_before = seen_at, problem_after = seen_at`,
    )
    .run();
  database.close();
}

/** Where a list asks for more than nothing. */
const queries: Readonly<Record<string, string>> = { '/v1/files': '?agency=alameda&path=/outgoing' };

/** A lone surrogate goes as what UTF-8 makes of it. */
function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

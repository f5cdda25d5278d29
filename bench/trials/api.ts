import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { masterKeyFile } from '../../server/setup.ts';
import { freePort, LiveServer } from '../../test/fixtures/live-server.ts';
import { fill } from '../growth/fill.ts';
import { agencyCode, filePath, leavesOf, usernameOf } from '../growth/layout.ts';
import { median, quantile, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const full = 1_000_000;
const quick = 100_000;
const masterKey = Buffer.alloc(32, 7);
const day = 86_400_000;
/** Milliseconds that the 99th of a hundred may take (issue 5). */
const goals = { one: 10, search: 50 } as const;

type Kind = keyof typeof goals;
type Question = { readonly name: string; readonly kind: Kind; readonly urlOf: () => string };

/** What administrators ask all day, over HTTP, of a server with a million files and as many transfers and some. */
async function run(bench: Bench): Promise<Findings> {
  const entries = bench.entries ?? (bench.quick ? quick : full);
  const { directory } = bench;
  bench.say(`  filling: ${entries} entries`);
  const dataDirectory = join(directory, 'data');
  const keysDirectory = join(directory, 'keys');
  for (const made of [dataDirectory, keysDirectory])
    mkdirSync(made, { recursive: true, mode: 0o700 });
  writeFileSync(join(keysDirectory, masterKeyFile), `${masterKey.toString('base64')}\n`, {
    mode: 0o600,
  });
  await fill({ dataDirectory, entries, masterKey, ids: 'time-ordered' });
  const server = new LiveServer(directory, [await freePort(), await freePort()], {
    WAYBILL_WORKERS: '1',
    WAYBILL_LOG_LEVEL: 'warn',
    WAYBILL_API_REQUESTS_PER_SECOND: '100000',
    WAYBILL_API_REQUESTS_AT_ONCE: '1000000',
  });
  try {
    await server.start();
    const get = caller(server);
    const questions = await questionsOf(entries, get);
    return findings(entries, await measure(bench, questions, get));
  } finally {
    await server.stop();
  }
}

type Get = (path: string) => Promise<string>;

/** One connection, as a program that asks again and again has it. */
function caller({ adminPort: port, dataDirectory }: LiveServer): Get {
  const key = readFileSync(join(dataDirectory, 'initial-admin-key'), 'utf8').trim();
  const options = {
    port,
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
    headers: { authorization: `Bearer ${key}` },
  };
  return (path) =>
    new Promise((resolve, reject) => {
      request({ ...options, path }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${path}: ${response.statusCode} ${text}`));
        });
      })
        .on('error', reject)
        .end();
    });
}

type Known = { readonly id: string; readonly fileId: string };

/** Each asks for something else each time, spread over all years. */
async function questionsOf(entries: number, get: Get): Promise<readonly Question[]> {
  const leaves = leavesOf(entries);
  let turn = 0;
  const leaf = () => leaves[(turn++ * 7_919) % leaves.length]!;
  const iso = (ms: number) => new Date(ms).toISOString();
  const known: Known[] = [];
  for (let sample = 0; sample < 100; sample += 1) {
    const from = iso(leaf().atMs);
    const { items } = JSON.parse(
      await get(`/v1/transfers?sort=startedAt&limit=1&from=${from}`),
    ) as { items: Known[] };
    known.push(...items);
  }
  const some = () => known[turn++ % known.length]!;
  const one = (name: string, urlOf: () => string): Question => ({ name, kind: 'one', urlOf });
  const search = (name: string, queryOf: () => Record<string, string>): Question => ({
    name,
    kind: 'search',
    urlOf: () => `/v1/transfers?${new URLSearchParams(queryOf()).toString()}`,
  });
  return [
    one('an agency', () => `/v1/agencies/${agencyCode(leaf().agency)}`),
    one('a user', () => `/v1/users/${usernameOf(leaf())}`),
    one('a file', () => `/v1/files/${some().fileId}`),
    one('a transfer with its story', () => `/v1/transfers/${some().id}`),
    search('the newest 100', () => ({})),
    search('of an agency', () => ({ agency: agencyCode(leaf().agency) })),
    search('of a user on a day', () => {
      const found = leaf();
      const { atMs } = found;
      return { username: usernameOf(found), from: iso(atMs), to: iso(atMs + day) };
    }),
    search('of a path', () => ({ path: filePath(leaf(), 5) })),
    search('of a directory', () => ({ pathPrefix: `/outgoing/${leaf().day}/` })),
    search('of a year', () => ({ pathPrefix: `/outgoing/${leaf().day.slice(0, 4)}/` })),
    search('cut off', () => ({ state: 'incomplete' })),
    search('downloads of an agency', () => ({
      agency: agencyCode(leaf().agency),
      direction: 'download',
    })),
    search('of an agency, a state and a client that is not there', () => ({
      agency: agencyCode(leaf().agency),
      state: 'published',
      client: 'none',
    })),
    search('of a client that is not there', () => ({ client: 'none' })),
  ];
}

type Measured = Question & { readonly timesMs: readonly number[] };

/** In turns, so that what else the machine does falls on all of them. */
async function measure(
  bench: Bench,
  questions: readonly Question[],
  get: Get,
): Promise<readonly Measured[]> {
  bench.say('  questions');
  const perRound = bench.quick ? 20 : 60;
  const measured = questions.map((question) => ({ ...question, timesMs: [] as number[] }));
  // The first round warms up, and does not count.
  for (let round = 0; round <= bench.rounds; round += 1) {
    for (const { urlOf, timesMs } of measured) {
      for (let call = 0; call < perRound; call += 1) {
        const url = urlOf();
        const startedMs = performance.now();
        await get(url);
        if (round > 0) timesMs.push(performance.now() - startedMs);
      }
    }
  }
  return measured;
}

function findings(entries: number, measured: readonly Measured[]): Findings {
  const worst = (kind: Kind) =>
    Math.max(
      ...measured
        .filter((each) => each.kind === kind)
        .map(({ timesMs }) => quantile(timesMs, 0.99)),
    );
  return {
    tables: [
      {
        title: `The admin API with ${entries.toLocaleString('en')} files`,
        columns: ['question', 'median ms', 'p99 ms', 'most ms', 'goal: p99'],
        lines: measured.map(({ name, kind, timesMs }) => [
          kind === 'one' ? `one: ${name}` : `transfers: ${name}`,
          threeDigits(median(timesMs)),
          threeDigits(quantile(timesMs, 0.99)),
          threeDigits(quantile(timesMs, 1)),
          `< ${goals[kind]}`,
        ]),
        notes: [
          'Over HTTP on one connection, one after the other; each answer comes after its row of the ledger is durable.',
          'A page is 100 transfers. There are 1.05 times as many transfers as files.',
        ],
      },
    ],
    values: { 'api.oneP99Ms': worst('one'), 'api.searchP99Ms': worst('search') },
  };
}

export const api: Trial = {
  name: 'api',
  about: 'the admin API over HTTP: one of a kind, and searches among a million transfers',
  quick: false,
  run,
};

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Test } from 'tap';
import { DirectoryNames, nameRulesOf } from '../../cli/export/names.ts';
import { waybill } from './fixtures/run.ts';

type File = { readonly id: string; readonly path: string; content: Buffer };

/**
 * The files of alameda's tree behind an API; `cutAfter` breaks the first answer of each file off after so many bytes, and
 * each URL is put off `putOff` times.
 */
async function serveTree(
  t: Test,
  files: File[],
  options: { cutAfter?: number; putOff?: number } = {},
) {
  const asked: string[] = [];
  const cut = new Set<string>();
  const putOff = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    asked.push(`${url.pathname} ${request.headers.range ?? ''}`.trim());
    const times = putOff.get(request.url!) ?? 0;
    putOff.set(request.url!, times + 1);
    if (times < (options.putOff ?? 0)) {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    const path = url.searchParams.get('path');
    if (path !== null) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ items: listed(files, path), nextCursor: null }));
      return;
    }
    const file = files.find(({ id }) => url.pathname === `/v1/files/${id}/content`)!;
    const etag = `"${sha256(file.content)}"`;
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const isRest = from !== undefined && request.headers['if-range'] === etag;
    const bytes = isRest ? file.content.subarray(Number(from)) : file.content;
    response.writeHead(isRest ? 206 : 200, { etag, 'content-length': String(bytes.length) });
    if (options.cutAfter === undefined || cut.has(file.id)) {
      response.end(bytes);
      return;
    }
    cut.add(file.id);
    response.write(bytes.subarray(0, options.cutAfter), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, env: { WAYBILL_URL: url, WAYBILL_API_KEY: 'wb_test_secret' } };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function listed(files: readonly File[], path: string) {
  const below = path === '/' ? '/' : `${path}/`;
  const names = new Map<string, File | undefined>();
  for (const file of files) {
    if (!file.path.startsWith(below)) continue;
    const [name = '', rest] = file.path.slice(below.length).split('/');
    names.set(name, rest === undefined ? file : undefined);
  }
  return [...names].map(([name, file]) => ({
    id: file?.id ?? `d-${sha256(Buffer.from(below + name)).slice(0, 8)}`,
    kind: file === undefined ? 'directory' : 'file',
    name,
    path: below + name,
    size: file?.content.length ?? 0,
    sha256: file === undefined ? null : sha256(file.content),
    version: 'v1',
    transferId: 't1',
    receivedAt: '2026-01-02T03:04:05.000Z',
    receivedFrom: 'amy',
    modifiedAt: '2026-01-02T03:04:05.000Z',
  }));
}

function tree(): File[] {
  return [
    { id: 'f1', path: '/outgoing/cases.csv', content: randomBytes(200_000) },
    { id: 'f2', path: '/outgoing/2030/deep.bin', content: randomBytes(50_000) },
    { id: 'f3', path: '/outgoing/empty', content: Buffer.alloc(0) },
  ];
}

function exported(directory: string): Record<string, string> {
  return Object.fromEntries(
    readFileSync(join(directory, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('  ').reverse() as [string, string]),
  );
}

void t.test('a tree comes out as plain files with its manifest', async (t) => {
  const files = tree();
  const api = await serveTree(t, files);
  const to = join(t.testdir(), 'out');
  const run = await waybill(['export', '--agency', 'alameda', '--to', to, '--json'], api);
  t.equal(run.status, 0, run.err);
  t.match(JSON.parse(run.out), { files: 3, bytes: 250_000, problems: [] });
  for (const { path, content } of files) {
    t.ok(readFileSync(join(to, 'files', path)).equals(content), path);
    t.equal(exported(to)[`files${path}`], sha256(content));
  }
  const [first] = readFileSync(join(to, 'manifest.ndjson'), 'utf8').split('\n');
  t.match(JSON.parse(first!), { receivedFrom: 'amy', transferId: 't1', version: 'v1' });
  t.notOk(existsSync(join(to, 'unfinished')));
});

void t.test('what breaks off goes on where it was', async (t) => {
  const files = tree().slice(0, 1);
  const api = await serveTree(t, files, { cutAfter: 65_536 });
  const to = join(t.testdir(), 'out');
  const run = await waybill(['export', '--agency', 'alameda', '--to', to], api);
  t.equal(run.status, 0, run.err);
  t.ok(readFileSync(join(to, 'files/outgoing/cases.csv')).equals(files[0]!.content));
  const ranges = api.asked.filter((line) => line.startsWith('/v1/files/f1'));
  t.equal(ranges.length, 2);
  t.match(ranges[1], /bytes=[1-9]\d*-$/, 'the rest alone was asked for');
});

void t.test('what the server puts off is asked for again when it says so', async (t) => {
  // Each 429 counted as an attempt, or ended the export: of a large tree some files were always missing.
  const files = tree();
  const api = await serveTree(t, files, { putOff: 1 });
  const to = join(t.testdir(), 'out');
  const run = await waybill(['export', '--agency', 'alameda', '--to', to, '--json'], api);
  t.equal(run.status, 0, run.err);
  t.match(JSON.parse(run.out), { files: 3, problems: [] });
});

void t.test('a second run brings what is new, and what is not as it was', async (t) => {
  const files = tree();
  const to = join(t.testdir(), 'out');
  const first = await serveTree(t, files);
  await waybill(['export', '--agency', 'alameda', '--to', to], first);
  writeFileSync(join(to, 'files/outgoing/cases.csv'), 'somebody wrote into it');
  files[1]!.content = randomBytes(60_000);
  const api = await serveTree(t, files);
  const run = await waybill(['export', '--agency', 'alameda', '--to', to, '--json'], api);
  t.match(JSON.parse(run.out), { files: 3, kept: 1 });
  for (const { path, content } of files)
    t.ok(readFileSync(join(to, 'files', path)).equals(content), path);
  const other = await waybill(['export', '--agency', 'kern', '--to', to], api);
  t.match(other.err, /holds the export of alameda:\//);
});

void t.test(
  'what arrives changed is not kept, and the export says that it is not whole',
  async (t) => {
    const files = tree();
    const api = await serveTree(t, files);
    const altered = async (request: IncomingMessage, response: ServerResponse) => {
      const from = await fetch(new URL(request.url!, api.env.WAYBILL_URL));
      const bytes = Buffer.from(await from.arrayBuffer());
      if (request.url!.startsWith('/v1/files/f1/')) bytes[7]! ^= 1;
      response.writeHead(from.status, { etag: from.headers.get('etag') ?? '' }).end(bytes);
    };
    const server = createServer((request, response) => void altered(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const to = join(t.testdir(), 'out');
    const run = await waybill(['export', '--agency', 'alameda', '--to', to], {
      env: { ...api.env, WAYBILL_URL: url },
    });
    t.equal(run.status, 1);
    t.match(
      run.err,
      /1 file is missing from the export[^]*\/outgoing\/cases\.csv: it did not arrive whole/,
    );
    t.notOk(existsSync(join(to, 'files/outgoing/cases.csv')));
    t.equal(Object.keys(exported(to)).length, 2);
    t.match(JSON.parse(readFileSync(join(to, 'export.json'), 'utf8')), { finishedAt: null });
  },
);

void t.test('nothing is written where something else is', async (t) => {
  const api = await serveTree(t, tree());
  const to = t.testdir({ 'notes.txt': 'mine' });
  const run = await waybill(['export', '--agency', 'alameda', '--to', to], api);
  t.equal(run.status, 1);
  t.match(run.err, /notes\.txt is there already, and is not of an export/);
  t.same(readdirSync(to), ['notes.txt']);
});

void t.test('a server cannot name its way out of the directory', async (t) => {
  const to = t.testdir({ out: {} });
  const rules = await nameRulesOf(join(to, 'out'), false);
  const names = new DirectoryNames(rules);
  for (const name of ['..', '.', '', '../../x', 'a/b', 'a\\b', '/etc/passwd', 'x\0y'])
    t.match(names.nameFor(name, 'id'), /^unnamed/, JSON.stringify(name));
});

void t.test('every name gets one that the file system holds, and no two the same', async (t) => {
  const directory = t.testdir();
  const name = fc
    .string({
      unit: fc.constantFrom(...'aAbB.~%?*: ßSéÉ日'.split('')),
      minLength: 1,
      maxLength: 90,
    })
    .filter((each) => each !== '.' && each !== '..' && Buffer.byteLength(each) <= 255);
  let round = 0;
  fc.assert(
    fc.property(fc.uniqueArray(name, { maxLength: 12 }), fc.boolean(), (all, portable) => {
      const names = new DirectoryNames({ caseless: portable, windows: portable });
      const given = all.map((each, index) => names.nameFor(each, `id${index}`));
      const folded = given.map((each) => (portable ? each.toLowerCase() : each));
      if (new Set(folded).size !== all.length) return false;
      if (!portable && given.join('/') !== all.join('/')) return false;
      const below = join(directory, String((round += 1)));
      mkdirSync(below);
      for (const each of given) writeFileSync(join(below, each), '');
      return given.every((each) => !portable || !/[<>:"|?*]|[. ]$/.test(each));
    }),
    { numRuns: 60 },
  );
  const names = new DirectoryNames({ caseless: true, windows: true });
  t.same(
    ['CON', 'nul.txt', 'a.', 'a:b', 'Cases.csv', 'cases.CSV'].map((each) =>
      names.nameFor(each, 'i9'),
    ),
    ['%43ON', '%6Eul.txt', 'a%2E', 'a%3Ab', 'Cases.csv', 'cases~i9.CSV'],
  );
});

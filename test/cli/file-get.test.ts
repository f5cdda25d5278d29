import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import type { Answer } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

const content = Buffer.from('case_id,amount\n1,2\n'.repeat(10_000));
const digest = createHash('sha256').update(content);
const sha256 = digest.copy().digest('hex');
const reprDigest = `sha-256=:${digest.digest('base64')}:`;
const entry = {
  id: 'e1',
  kind: 'file',
  name: 'cases.csv',
  path: '/outgoing/cases.csv',
  size: content.length,
  sha256: null,
  modifiedAt: '2026-01-02T03:04:05.000Z',
};

async function serve(test: Test, answer: Answer) {
  const api = await fakeApi({
    'GET /v1/files?agency=alameda&path=%2Foutgoing%2Fcases.csv&limit=1': {
      json: { items: [entry], nextCursor: null },
    },
    'GET /v1/files?agency=alameda&path=%2Foutgoing&limit=1': {
      json: { items: [entry], nextCursor: null },
    },
    'GET /v1/files/e1/content': { bytes: content, ...answer },
  });
  test.teardown(() => api.close());
  return api;
}

void t.test('a file is saved once its hash is the recorded one', async (t) => {
  for (const headers of [{ 'repr-digest': reprDigest }, { etag: `"${sha256}"` }]) {
    const api = await serve(t, { headers });
    const target = join(t.testdir(), 'out.csv');
    const run = await waybill(['file', 'get', 'alameda', '/outgoing/cases.csv', '-o', target], api);
    t.equal(run.status, 0, run.err);
    t.ok(readFileSync(target).equals(content));
    t.equal(statSync(target).mode & 0o777, 0o600);
    t.match(run.err, sha256);
    const again = await waybill(
      ['file', 'get', 'alameda', '/outgoing/cases.csv', '-o', target],
      api,
    );
    t.match(again, { status: 1, err: /exists; name another file/ });
    t.equal(
      (
        await waybill(
          ['file', 'get', 'alameda', '/outgoing/cases.csv', '-o', target, '--force'],
          api,
        )
      ).status,
      0,
    );
  }
});

void t.test('a file that did not arrive whole is not there', async (t) => {
  const api = await serve(t, {
    headers: { 'repr-digest': reprDigest },
    bytes: content.subarray(1),
  });
  const directory = t.testdir();
  const run = await waybill(
    ['file', 'get', 'alameda', '/outgoing/cases.csv', '-o', join(directory, 'out.csv')],
    api,
  );
  t.match(run, { status: 1, err: /did not arrive whole/ });
  t.same(readdirSync(directory), []);
  const unknown = await serve(t, {});
  t.equal(
    (
      await waybill(
        ['file', 'get', 'alameda', '/outgoing/cases.csv', '-o', join(directory, 'out.csv')],
        unknown,
      )
    ).status,
    1,
    'no hash, no file',
  );
  t.same(readdirSync(directory), []);
});

void t.test('to stdout the bytes and nothing else', async (t) => {
  const api = await serve(t, { headers: { 'repr-digest': reprDigest } });
  const run = await waybill(['file', 'get', 'alameda', 'outgoing/cases.csv', '-o', '-'], api);
  t.equal(run.status, 0, run.err);
  t.equal(run.out, content.toString());
  t.notOk(existsSync('-'));
});

void t.test('what is not a file', async (t) => {
  const api = await serve(t, {});
  t.match(await waybill(['file', 'get', 'alameda', '/outgoing/none'], api), {
    status: 1,
    err: /no answer for/,
  });
  t.match(await waybill(['file', 'get', 'alameda', '/outgoing'], api), {
    status: 1,
    err: /is a directory/,
  });
});

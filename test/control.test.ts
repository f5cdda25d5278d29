import t from 'tap';
import type { Test } from 'tap';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askControl, listenControl, type ControlRequest } from '../server/control.ts';
import { Fault } from '../server/domain/faults.ts';

const request: ControlRequest = {
  verb: 'issue-admin-key',
  name: 'rescue',
  scopes: ['*'],
  expiresAtMs: null,
};

/** With a path that is short enough for a plain client. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function listen(
  t: Test,
  directory: string,
  serve: (request: ControlRequest) => Promise<{ key: string }> = async () => ({ key: 'wb_1' }),
): Promise<Server> {
  const server = await listenControl(directory, serve);
  t.teardown(() => server.close());
  return server;
}

/** What the socket answers to these bytes. */
function say(directory: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = createConnection(join(directory, 'control.sock'));
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received));
    socket.on('error', () => undefined);
    socket.write(bytes);
  });
}

t.test("who may open the socket gets a key; the socket is its owner's alone", async (t) => {
  const directory = shortDirectory(t);
  const asked: ControlRequest[] = [];
  await listen(t, directory, async (one) => {
    asked.push(one);
    return { key: 'wb_key' };
  });
  t.equal(statSync(join(directory, 'control.sock')).mode & 0o777, 0o600);
  t.same(await askControl(directory, request), { ok: true, value: { key: 'wb_key' } });
  t.same(asked, [request]);
});

t.test('no server, or only what one left behind', async (t) => {
  const directory = shortDirectory(t);
  t.equal(await askControl(directory, request), undefined);
  writeFileSync(join(directory, 'control.sock'), 'left over');
  t.equal(await askControl(directory, request), undefined);
  await listen(t, directory);
  t.match(await askControl(directory, request), { ok: true }, 'a leftover is replaced');
});

t.test('a refusal comes back as one, a defect says nothing of itself', async (t) => {
  const directory = shortDirectory(t);
  let error: unknown = new Fault('field-invalid', 'no such scope');
  await listen(t, directory, () => Promise.reject(error));
  t.match(await askControl(directory, request), {
    ok: false,
    refusal: { code: 'field-invalid', reason: 'no such scope' },
  });
  error = new Error('SECRET detail');
  t.same(await askControl(directory, request), {
    ok: false,
    refusal: { code: 'internal', reason: 'internal error' },
  });
});

t.test('anything else is refused and harms nothing', async (t) => {
  const directory = shortDirectory(t);
  await listen(t, directory, () => Promise.reject(new Error('must not be reached')));
  for (const line of [
    '{}',
    'null',
    '[]',
    '7',
    '"x"',
    'not json',
    '{"verb":"stop"}',
    '{"verb":"issue-admin-key"}',
    '{"verb":"issue-admin-key","name":7,"scopes":[]}',
    '{"verb":"__proto__","name":"x","scopes":[]}',
  ]) {
    t.match(JSON.parse(await say(directory, `${line}\n`)), { ok: false }, line);
  }
  t.equal(await say(directory, 'x'.repeat(64 * 1024)), '', 'a line that does not end is cut');
  t.match(await askControl(directory, request), { ok: false }, 'and it serves on');
});

t.test(
  'a data directory with a long path',
  { skip: process.platform === 'linux' ? false : 'only Linux has a way round' },
  async (t) => {
    // The address of a socket has room for 107 bytes, and the rest of the path was cut off without a word: the server
    // listened on another name than the one it then gave rights to, and did not start.
    const directory = join(t.testdir(), 'd'.repeat(200));
    mkdirSync(directory);
    const server = await listen(t, directory);
    t.same(readdirSync(directory), ['control.sock']);
    t.equal(statSync(join(directory, 'control.sock')).mode & 0o777, 0o600);
    t.match(await askControl(directory, request), { ok: true });
    await new Promise((resolve) => server.close(resolve));
    t.equal(await askControl(directory, request), undefined);
    t.notOk(existsSync(join(directory, 'control.sock')));
  },
);

import t from 'tap';
import type { FileRequest } from '../../server/domain/requests.ts';
import { openSeam } from './fixtures/seam.ts';

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const kenOf = { username: 'ken', agency: 'kern' } as const;

t.test('a worker that lies is refused', async (t) => {
  const { exchange, monitor, login } = await openSeam(t);
  const { sessionId: amy } = await login(amyOf);
  const { sessionId: ken } = await login(kenOf);
  const flags = {
    read: false,
    write: true,
    append: false,
    create: true,
    truncate: true,
    exclusive: false,
  };
  const ask = (sessionId: string, request: unknown) =>
    monitor.request(sessionId, request as FileRequest);
  const code = async (sessionId: string, request: unknown) => {
    const outcome = await ask(sessionId, request);
    return outcome.ok ? 'ok' : outcome.refusal.code;
  };
  for (const sessionId of ['', 'f'.repeat(32), '__proto__', amy.toUpperCase()])
    t.equal(await code(sessionId, { kind: 'stat', path: '/' }), 'session-ended', sessionId);

  const paths = [
    '/a/../b',
    'relative',
    '',
    '/a/',
    '//a',
    '/a//b',
    '/.',
    '/a\\b',
    '/a\0',
    '/\ud800',
    '/e\u0301',
    `/${'n'.repeat(256)}`,
    '/outgoing/../../kern',
  ];
  for (const path of paths) {
    for (const request of [
      { kind: 'open', path, flags, change: {} },
      { kind: 'stat', path },
      { kind: 'setstat', path, change: {} },
      { kind: 'list', path, after: null, entriesMax: 1 },
      { kind: 'remove', path },
      { kind: 'mkdir', path, change: {} },
      { kind: 'rmdir', path },
      { kind: 'rename', from: path, to: '/outgoing/x', replace: true },
      { kind: 'rename', from: '/outgoing/x', to: path, replace: true },
      { kind: 'space', path },
    ]) {
      t.match(
        await code(amy, request),
        /^(name-invalid|path-too-long)$/,
        `${request.kind} ${JSON.stringify(path.slice(0, 20))}`,
      );
    }
  }
  for (const path of [
    '/agencies',
    '/agencies/kern',
    '/agencies/kern/outgoing',
    '/agencies/alameda/outgoing',
  ])
    t.equal(
      await code(amy, { kind: 'list', path, after: null, entriesMax: 10 }),
      'not-found',
      path,
    );

  const opened = await monitor.request<'open'>(ken, {
    kind: 'open',
    path: '/outgoing/k' as never,
    flags,
    change: {},
  });
  if (!opened.ok) throw new Error(opened.refusal.reason);
  const { openId } = opened.value.grant;
  const reports = [
    {
      kind: 'received',
      size: 1,
      sha256: '0'.repeat(64),
      root: new Uint8Array(32),
      content: null,
      bytesWritten: 1,
      bytesRead: 0,
      change: {},
    },
    { kind: 'partial', size: 1, content: null, bytesWritten: 1, bytesRead: 0 },
    { kind: 'unchanged', bytesRead: 0, change: {} },
    { kind: 'read', bytesRead: 0, whole: true },
  ];
  for (const report of reports)
    t.equal(
      await code(amy, { kind: 'close', openId, report }),
      'handle-invalid',
      `another's open: ${report.kind}`,
    );
  for (const id of ['', 'f'.repeat(32), '__proto__'])
    t.equal(
      await code(amy, { kind: 'close', openId: id, report: reports[0] }),
      'handle-invalid',
      `no open: ${id}`,
    );
  monitor.progress(amy, {
    bytesRead: 0,
    bytesWritten: 0,
    files: [{ openId, bytes: 1_000_000 }],
  });
  const [upload] = await exchange.database.read(({ query }) =>
    query.selectFrom('uploads').selectAll().execute(),
  );
  t.match(upload, { state: 'receiving', open_id: openId, size: 0 }, "ken's upload never noticed");
  t.equal(exchange.parts.opens.progressOf(openId), undefined);
  t.same(
    await exchange.database.read(({ query }) => query.selectFrom('versions').selectAll().execute()),
    [],
  );
});

t.test('requests that are not even of the right shape are refused and harm nothing', async (t) => {
  // The kind `constructor` found `Object` in the table of handlers, which gave the whole identity back as its answer.
  const { exchange, monitor, login } = await openSeam(t);
  const { sessionId } = await login(amyOf);
  const shapes: readonly unknown[] = [
    {},
    { kind: 'nothing' },
    { kind: '__proto__' },
    { kind: 'constructor', path: '/' },
    { kind: 'stat' },
    { kind: 'stat', path: 7 },
    { kind: 'stat', path: null },
    { kind: 'rename', from: '/a' },
    'stat',
    7,
  ];
  for (const shape of shapes) {
    const outcome = await monitor
      .request(sessionId, shape as FileRequest)
      .catch((error: unknown) => error);
    t.match(outcome, { ok: false }, JSON.stringify(shape));
  }
  t.match(
    await monitor.request<'stat'>(sessionId, { kind: 'stat', path: '/' as never }),
    { ok: true },
    'and it serves on',
  );
  await monitor.refused(sessionId, {
    operation: 'x'.repeat(1000),
    path: 'y'.repeat(100_000),
    code: 'no-such-code',
  });
  await monitor.refused(sessionId, {
    operation: 'x'.repeat(1000),
    path: 'y',
    code: 'name-invalid',
  });
  t.match((await exchange.events({ reason: 'name-invalid' }))[0], { operation: 'x'.repeat(64) });
});

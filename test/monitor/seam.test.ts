import t from 'tap';
import { randomBytes } from 'node:crypto';
import { refuse } from '../../server/domain/faults.ts';
import type { FileRequest } from '../../server/domain/requests.ts';
import { ledger } from '../fixtures/ledger.ts';
import { createMonitor } from '../../server/monitor/monitor.ts';
import type { Monitor } from '../../server/monitor/verbs.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { openDesk, signatureProof } from '../authentication/fixtures/logins.ts';
import { openSeam, watched } from './fixtures/seam.ts';

const amyOf = { username: 'amy', agency: 'alameda' } as const;
const doraOf = { username: 'dora', agency: 'dcss', kind: 'state' } as const;

t.test('a whole story crosses the seam in values that a process could be sent', async (t) => {
  const { exchange, monitor, connect, seen, problems } = await openSeam(t);
  const { client: amy, server, sessionId } = await connect(amyOf);
  const { client: dora } = await connect(doraOf);
  const content = randomBytes(200_000);
  await amy.put('/outgoing/f', content);
  t.ok((await dora.get('/agencies/alameda/outgoing/f')).equals(content));
  await dora.list('/');
  await dora.list('/agencies');
  await amy.list('/outgoing');
  await amy.close(await amy.open('/outgoing/f', 2));
  const patch = await amy.open('/outgoing/f', 1 | 2);
  await amy.write(patch, 10, Buffer.from('x'));
  await amy.ok(amy.request(packet.FSETSTAT, (writer) => writer.string(patch).u32(8).u32(7).u32(7)));
  await amy.close(patch);
  await amy.mkdir('/outgoing/d');
  await amy.rename('/outgoing/f', '/outgoing/d/f');
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/d/f').u32(4).u32(0o600)),
  );
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/d/f').u32(1).u64(5)),
  );
  await amy.extended('statvfs@openssh.com', (writer) => writer.string('/'));
  await amy.remove('/outgoing/d/f');
  await amy.rmdir('/outgoing/d');
  for (const path of ['/agencies', '/outgoing/none', '/out\\going'])
    await t.rejects(amy.stat(path));
  await t.rejects(amy.rmdir('/outgoing'));
  const held = await amy.open('/outgoing/part', 2 | 8);
  await amy.write(held, 0, content);
  monitor.progress(sessionId, {
    bytesRead: 0,
    bytesWritten: content.length,
    files: [...server.openFiles].map(({ openId, size }) => ({ openId, bytes: size })),
  });
  t.equal(
    (await (await connect(amyOf)).client.stat('/outgoing/part')).size,
    content.length,
    'progress arrived',
  );
  await server.end();
  await monitor.connectionClosed({
    connectionId: 'c',
    reason: 'client-left',
    operations: { open: 2 },
    bytesRead: 0,
    bytesWritten: 1,
  });

  t.same(problems, []);
  const kinds: readonly FileRequest['kind'][] = [
    'open',
    'stat',
    'setstat',
    'list',
    'remove',
    'mkdir',
    'rmdir',
    'rename',
    'space',
  ];
  for (const kind of kinds)
    t.ok((seen.get(`${kind} reply`) ?? 0) > 0, `${kind} was part of the story`);
  for (const report of ['read', 'received', 'unchanged', 'partial'])
    t.ok((seen.get(`close ${report} reply`) ?? 0) > 0, `close ${report}`);
  for (const kind of ['stat refusal', 'rmdir refusal', 'refused', 'progress', 'connectionClosed'])
    t.ok((seen.get(kind) ?? 0) > 0, kind);
  t.same(exchange.faults, []);
});

t.test('so do logins, accepted and refused', async (t) => {
  const desk = await openDesk(t);
  const seen = new Map<string, number>();
  const problems: string[] = [];
  const files = {
    request: () => Promise.reject(new Error('no files here')),
    noteProgress: () => undefined,
    sessionEnded: async () => undefined,
  };
  const monitor = watched(
    {
      signExchange: async () => refuse('unavailable'),
      proveHostKeys: async () => refuse('unavailable'),
      ...createMonitor({
        authentication: desk.authentication,
        files,
        database: desk.database,
        ledger,
        clock: Date.now,
        endSession: async () => undefined,
        onFault: (error) => problems.push(String(error)),
      }),
    },
    seen,
    problems,
  );
  const connectionId = randomBytes(16).toString('hex');
  const sshSessionId = randomBytes(32);
  const key = testKey('ed25519');
  await monitor.connectionOpened({
    connectionId,
    source: { address: '192.0.2.1', port: 5 },
    client: 'SSH-2.0-x',
    algorithms: { kex: 'test' },
  });
  const prove = (proof: Parameters<Monitor['authenticate']>[0]['proof']) =>
    monitor.authenticate({ connectionId, username: 'ann', proof });
  await prove({ kind: 'none' });
  await prove({ kind: 'password', password: 'wrong' });
  await prove({ kind: 'unusable', method: 'hostbased' });
  t.match(await prove({ kind: 'offer', algorithm: key.type, keyBlob: key.blob }), {
    kind: 'offer-accepted',
  });
  const accepted = await prove(signatureProof(key, sshSessionId));
  t.match(accepted, { kind: 'accepted', ticket: { username: 'ann' } });
  t.same(
    accepted.kind === 'accepted' ? Object.keys(accepted.ticket).toSorted() : [],
    ['agencyCode', 'sessionId', 'username'],
    'a worker learns no right',
  );
  await monitor.connectionClosed({
    connectionId,
    reason: 'client-left',
    operations: {},
    bytesRead: 0,
    bytesWritten: 0,
  });
  t.same(problems, []);
  for (const kind of [
    'none',
    'password',
    'unusable',
    'offer',
    'signature',
    'reply accepted',
    'reply refused',
  ])
    t.ok(seen.has(`authenticate ${kind}`), kind);
});

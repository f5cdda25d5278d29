import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pauseMs } from 'node:timers/promises';
import t from 'tap';
import { EventReader } from '../../admin-api/event-reader.ts';
import { LiveEvents } from '../../admin-api/live-events.ts';
import { limits } from '../../server/domain/limits.ts';
import { parseVirtualPathText } from '../../server/domain/virtual-path.ts';
import { host, identityOfAnn, openApi, upload, withAnn, type World } from './fixtures/api.ts';

type Event = { readonly id: string | undefined; readonly name: string; readonly data: unknown };

/** What a browser's `EventSource` would make of it. */
function eventsIn(text: string): Event[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) return [];
      return [{ id: field('id'), name: field('event') ?? '', data: JSON.parse(data) as unknown }];
    });
}

type Stream = {
  readonly response: IncomingMessage;
  readonly events: () => Event[];
  readonly named: (name: string, count?: number) => Promise<Event[]>;
  readonly ended: Promise<void>;
  readonly leave: () => void;
};

async function open(
  world: World,
  query = '',
  headers: Record<string, string> = {},
): Promise<Stream> {
  if (!world.app.server.listening) await world.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = world.app.server.address() as AddressInfo;
  const authorization = `Bearer ${world.key}`;
  const response = await new Promise<IncomingMessage>(
    (resolve, reject) =>
      void httpRequest(
        { port, path: `/v1/events${query}`, headers: { authorization, ...headers } },
        resolve,
      )
        .on('error', reject)
        .end(),
  );
  let text = '';
  response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  const events = () => eventsIn(text);
  const named = async (name: string, count = 1) => {
    for (let attempt = 0; attempt < 500; attempt += 1) {
      const found = events().filter((each) => each.name === name);
      if (found.length >= count) return found;
      await pauseMs(20);
    }
    throw new Error(`no ${count} of ${name} in ${text}`);
  };
  return { response, events, named, ended, leave: () => void response.destroy() };
}

t.test('transfers as they come and go, and again for who comes back', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const stream = await open(world);
  t.match(stream.response.headers, { 'content-type': 'text/event-stream' });
  await stream.named('stream.opened');
  await upload(world, '/outgoing/a', Buffer.from('a'));
  const [opened] = await stream.named('transfer.opened');
  const [closed] = await stream.named('transfer.closed');
  t.match(opened, { data: { path: '/outgoing/a', agency: 'alpine', mode: 'write' } });
  t.match(closed, { id: String, data: { state: 'published', bytesWritten: 1 } });
  const rows = await world.ledgerRows();
  t.match(rows[Number(closed?.id) - 1], { event: 'file.closed.1' }, 'the id is a row');
  stream.leave();

  await upload(world, '/outgoing/b', Buffer.from('b'));
  const again = await open(world, '', { 'last-event-id': String(opened?.id) });
  const caughtUp = await again.named('transfer.closed', 2);
  t.match(caughtUp, [{ id: closed?.id }, { data: { path: '/outgoing/b' } }]);
  await upload(world, '/outgoing/c', Buffer.from('c'));
  const ids = (await again.named('transfer.closed', 3)).map(({ id }) => Number(id));
  t.strictSame(
    ids,
    [...new Set(ids)].toSorted((a, b) => a - b),
    'each once, in order',
  );
  again.leave();
  t.strictSame(world.faults, []);
});

t.test('how far a transfer is', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  const stream = await open(world);
  await stream.named('stream.opened');
  const { grant } = await world.served.request<'open'>(await identityOfAnn(world), {
    kind: 'open',
    path: parseVirtualPathText('/outgoing/slow'),
    flags: {
      read: false,
      write: true,
      append: false,
      create: true,
      truncate: true,
      exclusive: false,
    },
    change: {},
  });
  world.served.noteProgress('session-of-ann', {
    bytesRead: 0,
    bytesWritten: 70_000,
    files: [{ openId: grant.openId, bytes: 70_000 }],
  });
  const [progress] = await stream.named('transfer.progress');
  t.match(progress, {
    id: undefined,
    data: {
      transfer: grant.openId,
      session: 'session-of-ann',
      username: 'ann',
      path: '/outgoing/slow',
      direction: 'upload',
      bytes: 70_000,
      size: null,
    },
  });
  const sessions = world.served.trafficOf('session-of-ann');
  t.match(sessions, { bytesWritten: 70_000 });
  stream.leave();
});

t.test('one agency does not hear of another', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  await world.accounts.createAgency(host, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  const all = await open(world);
  const butte = await open(world, '?agency=butte');
  await butte.named('stream.opened');
  await upload(world, '/outgoing/a', Buffer.from('a'));
  await all.named('transfer.closed');
  t.strictSame(
    butte.events().map(({ name }) => name),
    ['stream.opened'],
  );
  all.leave();
  butte.leave();
});

t.test('who asks for what is too far back is told of the gap', async (t) => {
  const world = await openApi(t, { limits: { ...limits, eventRowsBehindMax: 2 } });
  await withAnn(world);
  for (const name of ['a', 'b', 'c']) await upload(world, `/outgoing/${name}`, Buffer.from('x'));
  await pauseMs(1_500);
  for (const id of ['1', '999999']) {
    const stream = await open(world, '', { 'last-event-id': id });
    t.match((await stream.named('stream.gap'))[0], { data: { after: Number(id) } });
    t.strictSame(
      stream.events().filter(({ name }) => name.startsWith('transfer')),
      [],
    );
    stream.leave();
  }
  const refused = await open(world, '', { 'last-event-id': 'x' });
  t.equal(refused.response.statusCode, 400);
});

t.test('so many readers, and an end with the server', async (t) => {
  const world = await openApi(t, { limits: { ...limits, eventReadersMax: 2 } });
  const first = await open(world);
  const second = await open(world);
  const third = await open(world);
  t.equal(third.response.statusCode, 503);
  first.leave();
  await pauseMs(200);
  const fourth = await open(world);
  t.equal(fourth.response.statusCode, 200);
  await second.named('stream.opened');
  const closing = world.app.close();
  t.match((await second.named('stream.closed'))[0], { data: { reason: 'server-stopping' } });
  await Promise.all([second.ended, fourth.ended, closing]);
});

t.test('a key that is removed ends its stream', async (t) => {
  const world = await openApi(t, { limits: { ...limits, eventHeartbeatMs: 100 } });
  const secret = await world.keyWith(['events:read']);
  const stream = await open(world, '', { authorization: `Bearer ${secret}` });
  await stream.named('stream.opened');
  await world.adminKeys.removeAdminKey(host, secret.split('_')[1]!);
  t.match((await stream.named('stream.closed'))[0], { data: { reason: 'key-withdrawn' } });
  await stream.ended;
});

// Only its secret was looked at: a key that had lost the scope read on.
t.test('a key that loses the scope ends its stream', async (t) => {
  const world = await openApi(t, { limits: { ...limits, eventHeartbeatMs: 100 } });
  const secret = await world.keyWith(['events:read', 'users:read']);
  const stream = await open(world, '', { authorization: `Bearer ${secret}` });
  await stream.named('stream.opened');
  await world.adminKeys.changeAdminKey(host, secret.split('_')[1]!, { scopes: ['users:read'] });
  t.match((await stream.named('stream.closed'))[0], { data: { reason: 'key-withdrawn' } });
  await stream.ended;
});

t.test('who reads too slowly is dropped, and told so last', async (t) => {
  const reader = new EventReader({
    keyId: 'key',
    agency: undefined,
    bytesQueuedMax: 10_000,
    farewellMsMax: 60_000,
  });
  reader.goLive(0);
  const text = `event: x\ndata: ${JSON.stringify('y'.repeat(1_000))}\n\n`;
  for (let seq = 1; seq <= 1_000; seq += 1) reader.tell({ seq, agency: null, text });
  t.ok(reader.readableLength < 12_000, 'what waits is bounded');
  let received = '';
  for await (const piece of reader) received += String(piece);
  t.match(eventsIn(received).at(-1), { name: 'stream.closed', data: { reason: 'too-slow' } });
});

t.test('who catches up holds nobody up', async (t) => {
  // Reads answer without a turn of the loop: ten thousand rows went out in one, and no transfer moved meanwhile.
  const world = await openApi(t);
  await withAnn(world);
  const rows = 1_000;
  await world.database.write(async (unit) => {
    for (let count = 0; count < rows; count += 1)
      await world.parts.ledger.append(unit, {
        origin: host,
        outcome: 'success',
        reason: null,
        event: { event: 'directory.listed.1', agency: 'alpine', path: '/' },
      });
  });
  const { tail } = world.parts.operations;
  const events = new LiveEvents({
    ...world.parts,
    tail: { follow: () => () => undefined, lastSeq: tail.lastSeq + rows },
  });
  const parts = { keyId: 'key', agency: undefined, bytesQueuedMax: 1e6, farewellMsMax: 1_000 };
  const reader = new EventReader(parts);
  let turns = 0;
  events.add(reader, 0);
  while (!reader.isLive) {
    await nextTurn();
    turns += 1;
  }
  t.ok(turns > rows / 200, `${turns} turns`);
  reader.destroy();
  t.strictSame(world.faults, []);
});

// Rows were told in batches of 200, however long they are: who read as fast as it could was called too slow.
t.test('who catches up on long rows is not too slow', async (t) => {
  const world = await openApi(t);
  const rows = 300;
  const path = `/${'x'.repeat(4_000)}`;
  await world.database.write(async (unit) => {
    for (let count = 0; count < rows; count += 1)
      await world.parts.ledger.append(unit, {
        origin: host,
        outcome: 'success',
        reason: null,
        event: {
          event: 'file.opened.1',
          transfer: `t${count}`,
          mode: 'read',
          resumed: false,
          agency: 'alpine',
          path,
        },
      });
  });
  const lastSeq = (await world.ledgerRows()).length;
  const events = new LiveEvents({
    ...world.parts,
    tail: { follow: () => () => undefined, lastSeq },
  });
  const reader = new EventReader({
    keyId: 'key',
    agency: undefined,
    bytesQueuedMax: limits.eventBytesQueuedMax,
    farewellMsMax: 1_000,
  });
  events.add(reader, 0);
  let received = '';
  for await (const piece of reader) {
    received += String(piece);
    await nextTurn();
    if (received.includes(`"t${rows - 1}"`)) break;
  }
  const names = eventsIn(received).map(({ name }) => name);
  t.equal(names.filter((name) => name === 'transfer.opened').length, rows);
  t.strictSame(world.faults, []);
});

// One key opened all of them, and nobody else could listen.
t.test('one key leaves readers to the others', async (t) => {
  const world = await openApi(t, { limits: { ...limits, eventReadersPerKeyMax: 1 } });
  const other = { authorization: `Bearer ${await world.keyWith(['events:read'])}` };
  const first = await open(world);
  t.equal(first.response.statusCode, 200);
  const second = await open(world);
  t.equal(second.response.statusCode, 503);
  const third = await open(world, '', other);
  t.equal(third.response.statusCode, 200);
  for (const stream of [first, second, third]) stream.leave();
});

t.test('an answer that is refused on its way out takes no place', async (t) => {
  // Its reader was never read and never closed, so after a few of them nobody could listen any more.
  const world = await openApi(t, { limits: { ...limits, eventReadersMax: 1 } });
  world.app.addHook('onSend', async (request, _reply, payload) => {
    if (request.headers['last-event-id'] === '7') throw new Error('refused on its way out');
    return payload;
  });
  const refused = await open(world, '', { 'last-event-id': '7' });
  t.equal(refused.response.statusCode, 500);
  await refused.ended;
  for (let attempt = 0; ; attempt += 1) {
    const stream = await open(world);
    stream.leave();
    if (stream.response.statusCode === 200) break;
    if (attempt === 50) throw new Error('the place is still taken');
    await pauseMs(20);
  }
});

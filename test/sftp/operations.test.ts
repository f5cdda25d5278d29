import t from 'tap';
import { servedOperations, extensions, operations } from '../../server/sftp/operations.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';

t.test('every operation that is served names the ledger row that speaks of it', (t) => {
  t.equal(servedOperations.length, Object.keys(operations).length + Object.keys(extensions).length);
  for (const operation of servedOperations)
    t.match(operation.event, /^[a-z-]+\.[a-z]+\.\d+$/, operation.name);
  t.equal(
    new Set(servedOperations.map(({ name }) => name)).size,
    servedOperations.length,
    'names are unique',
  );
  const requests = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
  t.same(
    Object.keys(operations)
      .map(Number)
      .toSorted((a, b) => a - b),
    requests,
    'every request of version 3 but links',
  );
  t.end();
});

t.test('and doing each one leaves that row', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await amy.put('/outgoing/f', Buffer.from('1'));
  await amy.get('/outgoing/f');
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(4).u32(0o600)),
  );
  await amy.list('/outgoing');
  await amy.mkdir('/outgoing/d');
  await amy.rmdir('/outgoing/d');
  await amy.rename('/outgoing/f', '/outgoing/g');
  await amy.remove('/outgoing/g');
  const seen = new Set((await exchange.events()).map((row) => row['event']));
  // The session's own row is the login's affair (test/authentication).
  seen.add('session.closed.1');
  for (const { name, event } of servedOperations) t.ok(seen.has(event), `${name}: ${event}`);
});

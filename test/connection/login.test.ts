import t from 'tap';
import { login, openSubsystem, rawClient, serve, serviceRequest, until } from './harness.ts';

t.test('a client logs in, and what it sends to the subsystem comes back', async (t) => {
  const served = await serve(t);
  const banners: string[] = [];
  const client = await login(t, served);
  client.on('banner', (text) => banners.push(text));
  const channel = await openSubsystem(client);
  const chunks: Buffer[] = [];
  channel.on('data', (data: Buffer) => chunks.push(data));
  channel.write('hello');
  channel.end();
  const exit = await new Promise<number>((resolve) => channel.on('exit', resolve));
  t.equal(Buffer.concat(chunks).toString(), 'hello');
  t.equal(exit, 0);
  t.match(served.peers[0], {
    source: { address: '127.0.0.1' },
    client: /^SSH-2\.0-ssh2js/,
    algorithms: { kex: /^curve25519/, hostKey: 'ssh-ed25519', cipher: /gcm/, mac: 'implicit' },
  });
  t.match(served.peers[0]?.connectionId, /^[0-9a-f]{32}$/);
  client.end();
  await until(() => served.closed.length > 0);
  t.same(served.closed, ['client-left']);
  t.same(served.faults, []);
});

t.test('the banner comes before any answer to a login, lines ended as RFC 4252 asks', async (t) => {
  const served = await serve(t);
  const client = await rawClient(t, served);
  client.send(serviceRequest());
  const banner = await client.next(53);
  t.equal(banner?.subarray(5, -4).toString(), 'State of California\r\nAuthorised use only\r\n');
});

import t from 'tap';
import { rawClient, serviceRequest, uint32 } from '../connection/harness.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { enter, openGate } from './fixtures/strangers.ts';

// libssh2 CVE-2026-55199: EXT_INFO announced 2^32-1 extensions, and the reader looped as often as it was told. The rule:
// a count from outside is never a loop's bound; the end of the message is.
t.test('libssh2 CVE-2026-55199: a count of 0xFFFFFFFF costs nothing', async (t) => {
  const { server, amy } = await startExchange(t);
  const gate = await openGate(t, server);
  const counts = [uint32(0xffffffff), uint32(0x7fffffff), uint32(0xffffffff, 0xffffffff)];
  for (const count of counts) {
    const stranger = await rawClient(t, gate);
    stranger.send(Buffer.concat([Buffer.of(7), count]), serviceRequest());
    await Promise.race([stranger.closed, stranger.next(6)]);
    stranger.socket.destroy();
    const user = await enter(t, gate, amy);
    user.send(Buffer.concat([Buffer.of(7), count]), Buffer.of(199));
    await Promise.race([user.closed, user.next(3)]);
    user.socket.destroy();
  }
  t.equal((await fetch(`http://127.0.0.1:${server.adminPort}/readyz`)).status, 200);
});

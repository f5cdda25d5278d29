import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import t from 'tap';
import { rawClient, serve, until } from '../connection/harness.ts';

t.setTimeout(600_000);

const expiries = Number(process.env['GRACE_EXPIRIES'] ?? 600);
const atOnce = 30;

// regreSSHion, CVE-2024-6387: the timer of the login grace ran code in a signal handler that could not be run there. The
// rule: a deadline does nothing but close its socket; and ten thousand of them leave nothing behind.
t.test(`regreSSHion CVE-2024-6387: ${expiries} deadlines, at each stage of a login`, async (t) => {
  const served = await serve(t, {
    limits: {
      identMsMax: 60,
      handshakeMsMax: 120,
      loginMsMax: 180,
    },
  });
  // The first ones load what is loaded once.
  await expireTogether(served.port);
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const before = descriptors();
  for (let done = 0; done < expiries; done += atOnce) await expireTogether(served.port);
  // One by one through the whole key exchange, to the last of the deadlines.
  for (let round = 0; round < 5; round += 1) await (await rawClient(t, served)).closed;
  await until(() => served.reception.connections === 0);
  t.same(served.faults, []);
  t.ok(descriptors() <= before + 2, `${before} descriptors before, ${descriptors()} after`);
  const reasons = new Set(served.notices.map(({ text }) => text));
  for (const stage of ['ident', 'handshake', 'login'])
    t.ok(reasons.has(`no ${stage} in time`), stage);
  t.equal(served.notices.length >= expiries, true);
});

/** Half of them say nothing, half stop behind their identification. */
async function expireTogether(port: number): Promise<void> {
  await Promise.all(
    Array.from(
      { length: atOnce },
      (_, index) =>
        new Promise<void>((resolve) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined).on('close', () => resolve());
          socket.resume();
          if (index % 2 === 0) socket.write('SSH-2.0-slow\r\n');
        }),
    ),
  );
}

import t from 'tap';
import { rawClient, serviceRequest } from '../connection/harness.ts';
import { seededRandom } from '../fault/fixtures/random.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { keyOf, liveSessions, offer, openGate, signedLogin } from './fixtures/strangers.ts';

t.setTimeout(120_000);

const rounds = Number(process.env['INTERLEAVINGS'] ?? 40);

// AsyncSSH CVE-2023-46445 and CVE-2023-46446: messages slipped in between logged a victim into the attacker's account.
// The rule: an identity is made at the moment of verification, from what was signed; a connection that changes its
// user name is closed.
t.test('AsyncSSH CVE-2023-46446: logins of two users, interleaved', async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const { server, amy, ken } = await startExchange(t);
  const gate = await openGate(t, server);
  const keys = { amy: keyOf(amy), ken: keyOf(ken) };
  const names = ['amy', 'ken'] as const;
  for (let round = 0; round < rounds; round += 1) {
    const client = await rawClient(t, gate);
    const sent: string[] = [];
    // What each message would be worth alone: a name, if it carries a signature that is good for that name.
    const messages = Array.from({ length: random.between(1, 6) }, () => {
      const [name, holder] = [random.pick(names), random.pick(names)];
      const kind = random.pick(['offer', 'sign', holder === name ? 'sign' : 'sign-other-name']);
      sent.push(`${kind} ${name} with ${holder}'s key`);
      if (kind === 'offer') return offer(name, keys[holder]);
      if (kind === 'sign') return signedLogin(client, name, keys[holder]);
      return signedLogin(client, name, keys[holder], { signedUsername: holder });
    });
    client.socket.cork();
    client.send(serviceRequest(), ...messages);
    client.socket.uncork();
    const first = sent[0]!.split(' ')[1];
    await Promise.race([client.closed, client.next(52), answered(client, messages.length)]);
    for (const session of await liveSessions(server)) {
      // Only the name that the connection began with, and only with that user's own key.
      if (session.username !== first || !sent.includes(`sign ${first} with ${first}'s key`))
        t.fail(`${sent.join(', ')} made a session of ${session.username}`);
    }
    client.socket.destroy();
    while ((await liveSessions(server)).length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }
});

async function answered(
  client: Awaited<ReturnType<typeof rawClient>>,
  count: number,
): Promise<void> {
  const answers = () => client.received.filter(({ 0: type }) => type === 51 || type === 60).length;
  while (answers() < count && !client.isClosed)
    await new Promise((resolve) => setTimeout(resolve, 2));
}

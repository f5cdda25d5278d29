// Three wrong passwords lock an account, also when the server is killed between them (compliance.md C04).
import { readFileSync } from 'node:fs';
import t from 'tap';
import { Client } from 'ssh2';
import { startExchange } from '../fixtures/live-server.ts';
import { audit } from './story.ts';

const password = 'Correct horse battery staple, 7';

function logIn(
  { server, amy }: Awaited<ReturnType<typeof startExchange>>,
  word: string,
): Promise<boolean> {
  return new Promise((resolve) => {
    const client = new Client();
    client.on('ready', () => {
      resolve(true);
      client.end();
    });
    client.on('error', () => resolve(false));
    client.on('close', () => resolve(false));
    client.connect({
      host: '127.0.0.1',
      port: server.sftpPort,
      username: 'amy',
      password: word,
      privateKey: readFileSync(amy.keyFile),
      authHandler: ['publickey', 'password'],
      hostVerifier: () => true,
    });
  });
}

t.test('a lock outlives the server, and an administrator lifts it', async (t) => {
  // The address would be banned first: that is another rule.
  const exchange = await startExchange(t, {
    WAYBILL_PROFILE: 'pub1075',
    WAYBILL_ALLOWED_MONITORS: '127.0.0.1',
  });
  const { server } = exchange;
  // A job: what an administrator sets for a person is temporary here.
  await server.api('PATCH', '/v1/users/amy', {
    accountKind: 'service',
    loginMethods: [['publickey', 'password']],
  });
  await server.api('PUT', '/v1/users/amy/password', { password });
  const user = () => server.api('GET', '/v1/users/amy');

  t.equal(await logIn(exchange, 'one wrong horse battery staple'), false);
  t.equal(await logIn(exchange, 'two wrong horse battery staple'), false);
  t.match(await user(), { failedLogins: 2, lockedUntil: null });
  await server.stop('SIGKILL');
  await server.start();
  t.match(await user(), { failedLogins: 2, lockedUntil: null });
  t.equal(await logIn(exchange, 'third wrong horse battery staple'), false);
  t.match(await user(), { failedLogins: 3, lockedUntil: String });
  await server.stop('SIGKILL');
  await server.start();
  t.equal(await logIn(exchange, password), false);
  const [lock] = await server.all('/v1/locks');
  t.match(lock, { username: 'amy', agency: 'alameda', failedLogins: 3 });

  await server.api('DELETE', '/v1/users/amy/lock');
  t.equal(await logIn(exchange, password), true);
  t.match(await user(), { failedLogins: 0, lockedUntil: null });
  // Of a locked user no key is taken, and the client goes on to the password all the same.
  const reasons = (await audit(server, { event: 'login.refused.1' }))
    .map((row) => row['reason'])
    .filter((reason) => reason !== 'method-not-allowed');
  t.same(reasons, ['account-locked', 'password-wrong', 'password-wrong', 'password-wrong']);
  t.equal((await audit(server, { event: 'user.locked.1' })).length, 1);
  t.match(await audit(server, { event: 'user.unlocked.1' }), [{ actor: { kind: 'admin' } }]);
});

import t from 'tap';
import { generateHostKey } from '../../server/connection/host-keys.ts';
import { rawClient, serviceRequest } from '../connection/harness.ts';
import { startExchange } from '../fixtures/live-server.ts';
import {
  keyFrom,
  keyOf,
  liveSessions,
  offer,
  openGate,
  sessionIdOf,
  signedLogin,
  verdict,
  type Forgery,
} from './fixtures/strangers.ts';

const served = startExchange(t);

// Go x/crypto CVE-2024-45337 and CVE-2026-46595: the key that was offered last was taken for the key that had signed.
// The rule: an offer leaves no trace on the connection; who somebody is comes out of the call that verified.
t.test('Go x/crypto CVE-2024-45337: the session is of the key that signed', async (t) => {
  const { server, amy } = await served;
  const gate = await openGate(t, server);
  const [a, b, c] = [keyOf(amy), keyFrom(generateHostKey()), keyFrom(generateHostKey())];
  const added = await server.api<{ fingerprint: string }>('POST', '/v1/users/amy/keys', {
    publicKey: `ssh-ed25519 ${b.blob.toString('base64')}`,
    label: 'second',
  });
  const client = await rawClient(t, gate);
  t.equal(await verdict(client, serviceRequest(), offer('amy', a)), 'key-known');
  t.equal(await verdict(client, offer('amy', b)), 'key-known');
  t.equal(await verdict(client, signedLogin(client, 'amy', a)), 'in');
  const [session] = await liveSessions(server);
  t.equal(session?.username, 'amy');
  t.notMatch(JSON.stringify(session?.['proofs']), added.fingerprint, 'not of the last offer');
  client.socket.destroy();

  const stranger = await rawClient(t, gate);
  t.equal(await verdict(stranger, serviceRequest(), offer('amy', a)), 'key-known');
  t.equal(await verdict(stranger, signedLogin(stranger, 'amy', c)), 'refused', 'C was not offered');
  t.equal(await verdict(stranger, signedLogin(stranger, 'amy', c, { blob: a.blob })), 'refused');
  stranger.socket.destroy();
});

// FxSsh #22 and hyperbridge #1225: the outcome of the verification was not looked at, or an error object counted as
// true. The rule: a verification counts only as `=== true`, and whatever else happens is a refusal.
t.test('FxSsh #22, hyperbridge #1225: forged signatures', async (t) => {
  const { server, amy, ken } = await served;
  const gate = await openGate(t, server);
  const before = (await liveSessions(server)).length;
  const [amys, kens] = [keyOf(amy), keyOf(ken)];
  const other = await rawClient(t, gate);
  const flip = (bytes: Buffer, at: number) => {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    return changed;
  };
  const forgeries: Record<string, Forgery> = {
    'one bit': { signature: (right) => flip(right, 3) },
    'the last bit': { signature: (right) => flip(right, 63) },
    empty: { signature: () => Buffer.alloc(0) },
    zeros: { signature: () => Buffer.alloc(64) },
    'a byte more': { signature: (right) => Buffer.concat([right, Buffer.of(0)]) },
    'another session': { sessionId: sessionIdOf(other) },
    'no session': { sessionId: Buffer.alloc(0) },
    'another name in what was signed': { signedUsername: 'ken' },
    'another key in the request': { blob: kens.blob },
    'SHA-1': { algorithm: 'ssh-rsa' },
    'another algorithm': { algorithm: 'rsa-sha2-512' },
    'another algorithm before the signature': { signedAs: 'rsa-sha2-256' },
    'an algorithm that objects have': { algorithm: 'constructor' },
    'a certificate': { algorithm: 'ssh-ed25519-cert-v01@openssh.com' },
  };
  for (const [what, forgery] of Object.entries(forgeries)) {
    const client = await rawClient(t, gate);
    const answer = await verdict(
      client,
      serviceRequest(),
      signedLogin(client, 'amy', amys, forgery),
    );
    if (answer !== 'refused' && answer !== 'closed') t.fail(`${what}: ${answer}`);
    client.socket.destroy();
  }
  const replayed = await rawClient(t, gate);
  const stolen = signedLogin(other, 'amy', amys);
  t.equal(await verdict(replayed, serviceRequest(), stolen), 'refused', 'of another session');
  t.equal((await liveSessions(server)).length <= before, true);
  t.equal(await verdict(other, serviceRequest(), stolen), 'in', 'and where it belongs it is good');
});

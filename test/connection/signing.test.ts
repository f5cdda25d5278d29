import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { hostKeySigner } from '../../server/connection/host-keys.ts';
import { sendMessage } from '../../server/connection/ssh2-internals.ts';
import { hostKey, login, openSubsystem, rawClient, rawLogin, serve, until } from './harness.ts';

const newKeys = Buffer.of(21);
const signer = hostKeySigner(hostKey);

t.test('the connection waits for a signature that is made elsewhere', async (t) => {
  const asked: { connectionId: string; bytes: number; type: string }[] = [];
  const served = await serve(t, {
    sign: async (connectionId, exchangeHash, type) => {
      asked.push({ connectionId, bytes: exchangeHash.length, type });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return Uint8Array.from(signer.sign(exchangeHash));
    },
  });
  const client = await login(t, served);
  const channel = await openSubsystem(client);
  channel.write('hello');
  t.equal(String(await new Promise((resolve) => channel.once('data', resolve))), 'hello');
  t.match(asked, [{ connectionId: served.peers[0]!.connectionId, bytes: 32, type: 'ssh-ed25519' }]);
});

t.test('every new key exchange asks again', async (t) => {
  let asked = 0;
  const served = await serve(t, {
    sign: async (_connectionId, exchangeHash) => {
      asked += 1;
      return signer.sign(exchangeHash);
    },
  });
  const client = await rawLogin(t, served);
  client.protocol.rekey();
  await until(() => asked === 2 && client.protocol._kexinit === undefined);
  t.notOk(client.isClosed);
});

t.test('ECDSA host keys sign through the same door', async (t) => {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const text = generateKeyPairSync('ec', {
      namedCurve,
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
    const ecdsa = hostKeySigner(text);
    const served = await serve(t, {
      hostKeys: [ecdsa.publicKey],
      sign: async (_connectionId, exchangeHash) => ecdsa.sign(exchangeHash),
    });
    await login(t, served);
    t.match(served.peers[0], { algorithms: { hostKey: ecdsa.publicKey.type } });
  }
});

t.test('a signature that cannot be had ends that connection alone', async (t) => {
  let fails = true;
  const served = await serve(t, {
    sign: async (_connectionId, exchangeHash) => {
      if (fails) throw new Error('the monitor is gone');
      return signer.sign(exchangeHash);
    },
  });
  await t.rejects(rawClient(t, served), { message: 'closed during the handshake' });
  t.match(served.faults, [{ message: 'the monitor is gone' }]);
  fails = false;
  await rawLogin(t, served);
});

t.test('a client that goes on before the reply is cut off', async (t) => {
  // NEWKEYS would have run the second half of the exchange while the first waited for its signature.
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((resolve) => (asked = resolve));
  const served = await serve(t, {
    sign: () => {
      asked();
      return new Promise(() => undefined);
    },
  });
  const handshake = rawClient(t, served, {
    onProtocol: (protocol) => void isAsked.then(() => sendMessage(protocol, newKeys, true)),
  });
  await t.rejects(handshake, { message: 'closed during the handshake' });
  t.match(served.notices, [{ text: /NEWKEYS before the reply/ }]);
  t.same(served.faults, []);
});

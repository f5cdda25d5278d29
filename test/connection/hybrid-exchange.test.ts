import t from 'tap';
import { hybridExchange } from '../../server/connection/hybrid-exchange.ts';
import { speakHybrid } from './hybrid-client.ts';
import {
  channelData,
  rawChannel,
  rawClient,
  rawLogin,
  serve,
  until,
  type ServeOptions,
} from './harness.ts';

const name = 'mlkem768x25519-sha256';

async function notice(
  t: Parameters<typeof serve>[0],
  onProtocol: ReturnType<typeof speakHybrid>,
  options: ServeOptions = {},
): Promise<string> {
  const served = await serve(t, options);
  await rawClient(t, served, { onProtocol }).then(
    () => Promise.reject(new Error('it connected')),
    () => undefined,
  );
  await until(() => served.notices.length > 0);
  if (served.faults.length > 0) throw served.faults[0];
  return served.notices[0]!.text;
}

t.test('the hybrid exchange is come to, told of, and repeated', async (t) => {
  t.equal(hybridExchange, name);
  const served = await serve(t);
  const client = await rawLogin(t, served, { onProtocol: speakHybrid() });
  t.match(served.peers, [{ algorithms: { kex: name, hostKey: 'ssh-ed25519' } }]);
  const channel = await rawChannel(client);
  for (let round = 0; round < 3; round += 1) {
    client.protocol.rekey();
    await until(() => client.protocol._kexinit === undefined);
    client.send(channelData(channel, Buffer.from(`round ${round}`)));
    t.match(String(await client.next(94)), new RegExp(`round ${round}`));
  }
  t.same(served.faults, []);
});

t.test('the server starts one as well', async (t) => {
  const served = await serve(t, { limits: { rekeyBytes: 4096 } });
  const client = await rawLogin(t, served, { onProtocol: speakHybrid() });
  const channel = await rawChannel(client);
  const kexinits = () => client.received.filter((payload) => payload[0] === 20).length;
  while (kexinits() < 3) {
    client.send(channelData(channel, Buffer.alloc(1024, 1)));
    if ((await client.next(94)) === undefined) throw new Error('closed');
  }
  t.notOk(client.isClosed);
  t.same(served.faults, []);
});

// ssh2 takes leading zeros off keys that are not 32 bytes long: one connection of 256 would have failed.
t.test('an ML-KEM key that begins with a zero', async (t) => {
  const served = await serve(t);
  await rawLogin(t, served, { onProtocol: speakHybrid({ leadingZero: true }) });
  t.match(served.peers, [{ algorithms: { kex: name } }]);
});

t.test("the first name of the client's that the server has decides", async (t) => {
  const served = await serve(t);
  await rawLogin(t, served, { onProtocol: speakHybrid({ kex: ['curve25519-sha256', name] }) });
  await rawLogin(t, served, { onProtocol: speakHybrid({ kex: ['unheard-of', name] }) });
  t.match(
    served.peers.map(({ algorithms }) => algorithms['kex']),
    ['curve25519-sha256', name],
  );
});

t.test('without strict key exchange too', async (t) => {
  const served = await serve(t);
  await rawLogin(t, served, { onProtocol: speakHybrid({ strict: false }) });
  t.match(served.peers, [{ algorithms: { kex: name } }]);
});

t.test('a key exchange alone: a client without it does not come in', async (t) => {
  const served = await serve(t, { algorithms: 'pq-only' });
  await rawLogin(t, served, { onProtocol: speakHybrid({ kex: ['curve25519-sha256', name] }) });
  t.match(served.peers, [{ algorithms: { kex: name } }]);
  t.match(
    await notice(t, speakHybrid({ kex: ['curve25519-sha256'] }), { algorithms: 'pq-only' }),
    /no matching key exchange/,
  );
});

// RFC 10042 section 2.3: wrong lengths, and what the two standards refuse, abort the exchange.
const bad: Readonly<Record<string, readonly [(good: Buffer) => Buffer, RegExp]>> = {
  nothing: [() => Buffer.alloc(0), /C_INIT has 1216 bytes/],
  'a point alone': [(good) => good.subarray(1184), /C_INIT has 1216 bytes/],
  'a byte too few': [(good) => good.subarray(0, -1), /C_INIT has 1216 bytes/],
  'a byte too many': [(good) => Buffer.concat([good, Buffer.of(0)]), /C_INIT has 1216 bytes/],
  'a first coefficient of q': [
    (good) => with12Bits(good, 0, 3329),
    /coefficient beyond the modulus/,
  ],
  'a last coefficient of 4095': [
    (good) => with12Bits(good, 767, 4095),
    /coefficient beyond the modulus/,
  ],
  'a point of zeros': [(good) => Buffer.from(good).fill(0, 1184), /DH secret/],
  'a point of order 8': [
    (good) =>
      Buffer.concat([
        good.subarray(0, 1184),
        Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'),
      ]),
    /DH secret/,
  ],
};
for (const [what, [init, reason]] of Object.entries(bad)) {
  t.test(`${what} ends the exchange`, async (t) => {
    t.match(await notice(t, speakHybrid({ init })), reason);
  });
}

t.test('what is refused is told with the code of a failed key exchange', async (t) => {
  const served = await serve(t);
  let told = Buffer.alloc(0);
  await t.rejects(
    rawClient(t, served, {
      onProtocol: (protocol) => {
        speakHybrid({ init: () => Buffer.alloc(3) })(protocol);
        const withHandlers = protocol as unknown as {
          _handlers: { DISCONNECT: (protocol: unknown, reason: number) => void };
        };
        withHandlers._handlers.DISCONNECT = (_protocol, reason) => (told = Buffer.of(reason));
      },
    }),
  );
  t.same(told, Buffer.of(3), 'SSH_DISCONNECT_KEY_EXCHANGE_FAILED');
});

function with12Bits(key: Buffer, coefficient: number, value: number): Buffer {
  const changed = Buffer.from(key);
  const at = Math.floor(coefficient / 2) * 3;
  if (coefficient % 2 === 0) {
    changed[at] = value & 0xff;
    changed[at + 1] = (changed[at + 1]! & 0xf0) | (value >> 8);
  } else {
    changed[at + 1] = (changed[at + 1]! & 0x0f) | ((value & 0xf) << 4);
    changed[at + 2] = value >> 4;
  }
  return changed;
}

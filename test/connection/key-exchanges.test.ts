import { connect } from 'node:net';
import { createDiffieHellmanGroup, generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import t from 'tap';
import { algorithmSets, offerFor } from '../../server/connection/algorithms.ts';
import { installKeyExchanges } from '../../server/connection/key-exchanges.ts';
import { generateEcdsaHostKey, hostKeySigner } from '../../server/connection/host-keys.ts';
import type { Link } from '../../server/connection/link.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { makeOffer, type WireProtocol } from '../../server/connection/ssh2-internals.ts';
import { rawLogin, serve, until } from './harness.ts';
import { speakHybrid } from './hybrid-client.ts';

const direction = { cipher: ['aes128-gcm@openssh.com'], mac: [], compress: ['none'], lang: [] };
const directions = { cs: direction, sc: direction };

function packet(payload: Buffer): Buffer {
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const bytes = Buffer.alloc(5 + payload.length + padding);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  bytes[4] = padding;
  bytes.set(payload, 5);
  return bytes;
}

t.test('a KEXINIT that is none ends the connection, wherever it is cut', async (t) => {
  const served = await serve(t);
  const names = Buffer.concat([
    Buffer.of(20),
    Buffer.alloc(16),
    wireString('mlkem768x25519-sha256'),
  ]);
  for (const length of [1, 5, 17, 19, 21, 30, names.length]) {
    const before = served.notices.length;
    const socket = connect(served.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('SSH-2.0-cut\r\n');
    socket.write(packet(names.subarray(0, length)));
    await new Promise((resolve) => socket.on('close', resolve));
    await until(() => served.notices.length > before);
    t.match(served.notices.at(-1)?.text, /malformed KEXINIT/, String(length));
  }
  t.same(served.faults, []);
});

// ssh2 skips an empty packet: with strict key exchange whatever is not of the exchange has to end it.
t.test('nothing behind an empty packet is looked at', async (t) => {
  const served = await serve(t);
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  const empty = packet(Buffer.alloc(0));
  socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), empty, empty, packet(Buffer.of(20))]));
  await new Promise((resolve) => socket.on('close', resolve));
  await until(() => served.notices.length > 0);
  t.match(served.notices, [{ text: /empty packet/ }]);
  t.equal(served.notices.length, 1);
});

// ssh2 asked an exchange that was not there, and what it threw was told of.
t.test('what belongs into an exchange is not taken before KEXINIT', async (t) => {
  const served = await serve(t);
  for (const type of [21, 30, 34, 49]) {
    const socket = connect(served.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    const message = Buffer.concat([Buffer.of(type), wireString(Buffer.alloc(32, 9))]);
    socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), packet(message)]));
    await new Promise((resolve) => socket.on('close', resolve));
    await until(() => served.notices.at(-1)?.text === `message ${type} before KEXINIT`);
  }
  t.equal(served.notices.length, 4);
  t.same(served.faults, []);
});

t.test('a KEXINIT that ends behind its lists is none', async (t) => {
  const served = await serve(t);
  const lists = ['curve25519-sha256', 'ssh-ed25519', ...Array<string>(8).fill('')].map(wireString);
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  const cut = Buffer.concat([Buffer.of(20), Buffer.alloc(16), ...lists]);
  socket.write(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), packet(cut)]));
  await new Promise((resolve) => socket.on('close', resolve));
  await until(() => served.notices.length > 0);
  t.match(served.notices[0]?.text, /malformed KEXINIT/);
  t.same(served.faults, []);
});

/** A client that says in its KEXINIT that it has guessed, and sends what it guessed with at once. */
function guessing(
  kex: readonly string[],
  options: { readonly flag?: number; readonly guess?: Buffer } = {},
) {
  return (protocol: WireProtocol) => {
    speakHybrid({ kex })(protocol);
    const cipher = protocol._cipher;
    const encrypt = cipher.encrypt.bind(cipher);
    cipher.encrypt = (bytes) => {
      cipher.encrypt = encrypt;
      // In the packet, and in what goes into the hash: the byte before the last four.
      bytes[bytes.length - bytes[4]! - 5] = options.flag ?? 1;
      protocol._kexinit!.writeUInt8(options.flag ?? 1, protocol._kexinit!.length - 5);
      encrypt(bytes);
      if (options.guess !== undefined) encrypt(packet(options.guess));
    };
  };
}

// RFC 4253 section 7: a guess is right where the first names of both sides are the same. ssh2 took it for right where it
// named what both came to, so that a client which guessed X25519 was cut off for sending its half again.
t.test('a guess is right where both sides prefer the same', async (t) => {
  const hybrid = 'mlkem768x25519-sha256';
  const x25519 = 'curve25519-sha256';
  const guess = Buffer.concat([Buffer.of(30), wireString(Buffer.alloc(32, 9))]);
  for (const [kex, options, what] of [
    [[hybrid, x25519], {}, 'right: nothing is skipped'],
    [[x25519, hybrid], { guess }, 'what is come to, but not our first'],
    [[x25519], { guess }, 'the only one'],
    [['sntrup761x25519-sha512', hybrid], { guess }, 'one that is not ours'],
    [[x25519, hybrid], { guess, flag: 0xff }, 'every value but zero is true'],
    [[x25519, hybrid], { flag: 0 }, 'no guess'],
  ] as const) {
    const served = await serve(t);
    await rawLogin(t, served, { onProtocol: guessing(kex, options) });
    t.equal(
      served.peers[0]?.algorithms['kex'],
      kex.find((name) => name !== 'sntrup761x25519-sha512'),
      what,
    );
    t.same(served.faults, []);
  }
});

t.test('one with the wrong host key is wrong as well', async (t) => {
  const ecdsa = hostKeySigner(generateEcdsaHostKey());
  const served = await serve(t, {
    hostKeys: [ecdsa.publicKey],
    sign: async (_connectionId, exchangeHash) => ecdsa.sign(exchangeHash),
  });
  const guess = Buffer.concat([Buffer.of(30), wireString(Buffer.alloc(1216, 9))]);
  await rawLogin(t, served, {
    onProtocol: (protocol) => {
      guessing(['mlkem768x25519-sha256'], { guess })(protocol);
      const { lists } = protocol._offer;
      const both = ['ecdsa-sha2-nistp521', 'ecdsa-sha2-nistp384'];
      protocol._offer = makeOffer({
        kex: ['mlkem768x25519-sha256', 'kex-strict-c-v00@openssh.com'],
        serverHostKey: both,
        ...directions,
      });
      protocol._offer.lists.kex.array = lists.kex.array;
    },
  });
  t.match(served.peers, [{ algorithms: { hostKey: 'ecdsa-sha2-nistp384' } }]);
});

t.test('without a guess nothing is skipped at a rekey either', async (t) => {
  const served = await serve(t);
  const client = await rawLogin(t, served, { onProtocol: speakHybrid() });
  client.protocol.rekey();
  await until(() => client.protocol._kexinit === undefined);
  t.notOk(client.isClosed);
});

// The grant is asked for at the login, by what was come to first.
t.test('a rekey does not come to what the login was not told of', async (t) => {
  const legacy = 'ecdh-sha2-nistp256';
  for (const [first, then, isGood] of [
    ['curve25519-sha256', legacy, false],
    ['mlkem768x25519-sha256', legacy, false],
    [legacy, 'diffie-hellman-group14-sha256', true],
    [legacy, 'curve25519-sha256', true],
  ] as const) {
    const served = await serve(t, { legacyInterop: true });
    const client = await rawLogin(t, served, { onProtocol: speakHybrid({ kex: [first] }) });
    client.protocol._offer = makeOffer({
      kex: [then],
      serverHostKey: ['ssh-ed25519'],
      ...directions,
    });
    client.protocol.rekey();
    await until(() => client.isClosed || client.protocol._kexinit === undefined);
    if (!isGood) {
      await client.closed;
      await until(() => served.notices.length > 0);
    }
    t.match(
      served.notices.map(({ text }) => text),
      isGood ? [] : ['an older key exchange than the first'],
      `${first}, then ${then}`,
    );
    t.same(served.faults, []);
  }
});

/** A client whose half of the exchange is what is given, as its packet has it. */
function sending(kex: string, half: Buffer) {
  return (protocol: WireProtocol) => {
    protocol._offer = makeOffer({ kex: [kex], serverHostKey: ['ssh-ed25519'], ...directions });
    let current: WireProtocol['_kex'];
    Object.defineProperty(protocol, '_kex', {
      configurable: true,
      enumerable: true,
      get: () => current,
      set: (next: WireProtocol['_kex']) => {
        current = next;
        if (next !== undefined) next.getPublicKey = () => half;
      },
    });
  };
}

const lowOrder = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];
const prime = createDiffieHellmanGroup('modp14').getPrime();
const beside = (by: bigint) =>
  Buffer.from((BigInt(`0x${prime.toString('hex')}`) + by).toString(16).padStart(514, '0'), 'hex');
const badHalves: Readonly<Record<string, readonly Buffer[]>> = {
  'curve25519-sha256': [
    ...lowOrder.map((point) => Buffer.from(point, 'hex')),
    Buffer.alloc(0),
    Buffer.alloc(31, 9),
    Buffer.alloc(33, 9),
  ],
  'ecdh-sha2-nistp256': [
    Buffer.alloc(0),
    // The point at infinity; one that is not on the curve; a coordinate that is missing, and one too many.
    Buffer.of(0),
    Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]),
    Buffer.concat([Buffer.of(4), Buffer.alloc(32, 1)]),
    Buffer.concat([Buffer.of(4), Buffer.alloc(96, 1)]),
  ],
  'ecdh-sha2-nistp521': [Buffer.of(0), Buffer.concat([Buffer.of(4), Buffer.alloc(132, 1)])],
  'diffie-hellman-group14-sha256': [
    Buffer.alloc(0),
    Buffer.of(0),
    Buffer.of(1),
    beside(-1n),
    beside(0n),
    // OpenSSL takes what follows, as what it is modulo the prime.
    beside(1n),
    beside(2n),
    beside(2n ** 2047n),
    Buffer.concat([Buffer.of(0, 0), beside(2n)]),
    Buffer.alloc(257, 0x7f),
  ],
};
for (const [kex, halves] of Object.entries(badHalves)) {
  t.test(`${kex}: a half that would give the secret away, or is none`, async (t) => {
    for (const half of halves) {
      const served = await serve(t, { legacyInterop: true });
      const onProtocol = sending(kex, half);
      await t.rejects(rawLogin(t, served, { onProtocol }), half.toString('hex').slice(0, 70));
      await until(() => served.notices.length > 0);
      t.match(served.notices[0]?.text, /^Error while computing DH secret/);
      t.same([served.peers, served.faults], [[], []]);
    }
  });
}

t.test('it is installed once the client has named itself', (t) => {
  const link = { protocol: { _decipher: undefined } } as unknown as Link;
  t.throws(() => installKeyExchanges(link, []), { message: /no identification string/ });
  t.end();
});

t.test('host keys: the first group that the server has one of', (t) => {
  const { modern, fips, 'legacy-interop': legacy } = algorithmSets;
  const offered = (types: readonly string[], set = modern) =>
    offerFor('x', types, set).serverHostKey;
  const both = ['ssh-ed25519', 'ecdsa-sha2-nistp384'];
  t.same(offered(both), ['ssh-ed25519']);
  t.same(offered(['ecdsa-sha2-nistp384']), ['ecdsa-sha2-nistp384'], 'rather than nothing');
  t.same(offered(both, legacy), both);
  t.same(offered(both, fips), ['ecdsa-sha2-nistp384']);
  t.same(offered(['ssh-ed25519'], fips), []);
  t.end();
});

t.test('fips takes no Ed25519 signature, and says so like of any other', async (t) => {
  const ecdsa = hostKeySigner(generateEcdsaHostKey());
  const served = await serve(t, {
    algorithms: 'fips',
    hostKeys: [ecdsa.publicKey],
    sign: async (_connectionId, exchangeHash) => ecdsa.sign(exchangeHash),
  });
  const key = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
  const { private: ed25519 } = ssh2.utils.generateKeyPairSync('ed25519');
  for (const privateKey of [ed25519, key]) {
    const client = new ssh2.Client();
    await new Promise((resolve) => {
      client.on('error', resolve);
      client.on('close', () => resolve(undefined));
      client.connect({ host: '127.0.0.1', port: served.port, username: 'alice', privateKey });
    });
  }
  t.match(
    served.proofs.map(({ proof }) => proof).filter(({ kind }) => kind !== 'none'),
    [
      { kind: 'unusable', method: 'publickey ssh-ed25519' },
      { kind: 'offer', algorithm: 'ecdsa-sha2-nistp256' },
    ],
  );
  t.same(served.faults, []);
});

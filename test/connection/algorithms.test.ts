import { connect } from 'node:net';
import t from 'tap';
import { describeNegotiated, offerFor } from '../../server/connection/algorithms.ts';
import { WireReader } from '../../server/connection/wire-reader.ts';
import { wireString } from '../../server/domain/wire-string.ts';
import { rawClient, rawLogin, serve, until } from './harness.ts';

/** The name-lists of the KEXINIT that a client with that identification string gets. */
async function offered(port: number, ident: string): Promise<string[][]> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`SSH-2.0-${ident}\r\n`);
  let data = Buffer.alloc(0);
  for await (const chunk of socket) {
    data = Buffer.concat([data, chunk as Buffer]);
    const start = data.indexOf('\r\n') + 2;
    if (start < 2 || data.length < start + 4) continue;
    if (data.length < start + 4 + data.readUInt32BE(start)) continue;
    const reader = new WireReader(data, start + 5 + 1 + 16);
    return Array.from({ length: 8 }, () => reader.text()!.split(','));
  }
  throw new Error('no KEXINIT');
}

// The defaults of ssh2 hold SHA-1, group exchange (advertised, not implemented) and groups that block the loop.
t.test('what is offered, to the letter', async (t) => {
  const served = await serve(t);
  const [kex, hostKey, cipherIn, cipherOut, macIn, macOut, compressIn, compressOut] = await offered(
    served.port,
    'anything',
  );
  t.same(kex, [
    'mlkem768x25519-sha256',
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'kex-strict-s-v00@openssh.com',
  ]);
  t.same(hostKey, ['ssh-ed25519']);
  t.same(cipherIn, [
    'aes256-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'aes256-ctr',
    'aes128-ctr',
  ]);
  t.same(cipherOut, cipherIn);
  t.same(macIn, [
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512',
    'hmac-sha2-256',
  ]);
  t.same(macOut, macIn);
  t.same(compressIn, ['none'], '82 KB of zlib inflate to 80 MB');
  t.same(compressOut, ['none']);
});

t.test('OpenSSH 6.2 to 9 is offered GCM alone, as its own order puts CTR first', async (t) => {
  const served = await serve(t);
  const [, , cipherIn, cipherOut] = await offered(served.port, 'OpenSSH_9.2p1 Debian-2');
  t.same(cipherIn, ['aes256-gcm@openssh.com', 'aes128-gcm@openssh.com']);
  t.same(cipherOut, cipherIn);
  const count = (software: string): number => offerFor(software, []).cs.cipher.length;
  t.equal(count('OpenSSH_for_Windows_8.1'), 2);
  t.equal(count('OpenSSH_6.2'), 2);
  t.equal(count('OpenSSH_6.1'), 4, 'which has no GCM');
  t.equal(count('OpenSSH_10.0'), 4);
  t.equal(count('PuTTY_Release_0.78'), 4);
});

t.test('a client with nothing in common is closed, alone', async (t) => {
  const served = await serve(t);
  const modern = await rawLogin(t, served);
  const direction = { cipher: ['aes256-cbc'], mac: ['hmac-sha1'], compress: ['none'], lang: [] };
  const offer = {
    kex: ['curve25519-sha256'],
    serverHostKey: ['ssh-ed25519'],
    cs: direction,
    sc: direction,
  };
  await t.rejects(rawClient(t, served, { offer }));
  await until(() => served.reception.connections === 1);
  t.match(served.notices[0], { text: /no matching C->S cipher/ }, 'and the operator can see why');
  t.notOk(modern.isClosed);
});

// Every cipher and MAC of the list works, in both directions.
for (const cipher of [
  'aes256-gcm@openssh.com',
  'aes128-gcm@openssh.com',
  'aes256-ctr',
  'aes128-ctr',
]) {
  for (const mac of [
    'hmac-sha2-512-etm@openssh.com',
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-512',
    'hmac-sha2-256',
  ]) {
    if (cipher.includes('gcm') && mac !== 'hmac-sha2-256') continue;
    t.test(`${cipher} with ${mac}`, async (t) => {
      const served = await serve(t);
      const direction = { cipher: [cipher], mac: [mac], compress: ['none'], lang: [] };
      await rawLogin(t, served, {
        offer: {
          kex: ['curve25519-sha256@libssh.org'],
          serverHostKey: ['ssh-ed25519'],
          cs: direction,
          sc: direction,
        },
      });
      t.match(served.peers[0]?.algorithms, {
        cipher,
        mac: cipher.includes('gcm') ? 'implicit' : mac,
      });
    });
  }
}

// Protocol.js:2113 forgets a comma, so rsa-sha2-512 is not offered, and lists SHA-1.
t.test(
  'EXT_INFO is ours, is the first message after NEWKEYS, and only for who asked',
  async (t) => {
    const served = await serve(t);
    const asked = await rawClient(t, served);
    const message = await asked.next(7);
    t.same(
      message,
      Buffer.concat([
        Buffer.from([7, 0, 0, 0, 2]),
        wireString('server-sig-algs'),
        wireString(
          'ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com',
        ),
        wireString('ping@openssh.com'),
        wireString('0'),
      ]),
    );
    const direction = {
      cipher: ['aes256-gcm@openssh.com'],
      mac: ['hmac-sha2-256'],
      compress: ['none'],
      lang: [],
    };
    // ssh2 adds `ext-info-c` to a plain offer, so this client names none by giving a finished KexInit.
    const { makeOffer } = await import('../../server/connection/ssh2-internals.ts');
    const offer = makeOffer({
      kex: ['curve25519-sha256'],
      serverHostKey: ['ssh-ed25519'],
      cs: direction,
      sc: direction,
    }) as object;
    const silent = await rawLogin(t, served, { offer });
    t.equal(silent.received.filter((payload) => payload[0] === 7).length, 0);
  },
);

// Terrapin, CVE-2023-48795: with strict key exchange nothing may be slipped in before NEWKEYS.
t.test('a message slipped into a strict key exchange ends it', async (t) => {
  const served = await serve(t);
  const socket = connect(served.port, '127.0.0.1');
  socket.on('error', () => undefined).resume();
  socket.write('SSH-2.0-terrapin\r\n');
  const lists = [
    'curve25519-sha256,kex-strict-c-v00@openssh.com',
    'ssh-ed25519',
    'aes256-ctr',
    'aes256-ctr',
    'hmac-sha2-256',
    'hmac-sha2-256',
    'none',
    'none',
    '',
    '',
  ].map((list) => wireString(list));
  socket.write(
    plainPacket(Buffer.concat([Buffer.of(20), Buffer.alloc(16), ...lists, Buffer.alloc(5)])),
  );
  socket.write(plainPacket(Buffer.concat([Buffer.of(2), wireString('slipped in')])));
  await new Promise((resolve) => socket.on('close', resolve));
  t.equal(served.peers.length, 0);
  t.match(served.notices[0], { text: /unexpected packet type 2/ });
});

// ssh2 only half-closed, and the next bytes could allocate up to 2 GiB.
t.test('a bad packet length destroys the socket', async (t) => {
  const served = await serve(t);
  for (const length of ['ffffffff', '7fffffff', '00100000', '00000000']) {
    const socket = connect({ port: served.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined).resume();
    socket.write('SSH-2.0-bad\r\n');
    socket.write(Buffer.from(length, 'hex'));
    const beat = setInterval(() => socket.write(Buffer.alloc(1024)), 2);
    await new Promise((resolve) => socket.on('close', resolve));
    clearInterval(beat);
  }
  t.equal(served.reception.connections, 0);
  t.same(served.faults, []);
});

t.test('garbage after the login ends that connection only', async (t) => {
  const served = await serve(t);
  const other = await rawLogin(t, served);
  const client = await rawLogin(t, served);
  client.socket.write(Buffer.alloc(64, 0xab));
  await client.closed;
  await until(() => served.closed.length === 1);
  t.same(served.closed, ['protocol-error']);
  t.notOk(other.isClosed);
});

function plainPacket(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 4 + ((payload.length + 5) % 8 > 4 ? 4 : 0);
  const fit = padding + ((8 - ((payload.length + 5 + padding) % 8)) % 8);
  const packet = Buffer.alloc(5 + payload.length + fit);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = fit;
  packet.set(payload, 5);
  return packet;
}

t.test('what differs by direction is told for both', (t) => {
  const gcm = { cipher: 'aes128-gcm@openssh.com', mac: '' };
  const ctr = { cipher: 'aes256-ctr', mac: 'hmac-sha2-256' };
  const told = { kex: 'curve25519-sha256', serverHostKey: 'ssh-ed25519', cs: gcm, sc: ctr };
  t.same(describeNegotiated(told), {
    kex: 'curve25519-sha256',
    hostKey: 'ssh-ed25519',
    cipher: 'aes128-gcm@openssh.com aes256-ctr',
    mac: 'implicit hmac-sha2-256',
  });
  t.end();
});

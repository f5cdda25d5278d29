import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import t from 'tap';
import ssh2 from 'ssh2';
import { uint32 } from '../connection/harness.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { liveSessions, openGate } from './fixtures/strangers.ts';

// Terrapin, CVE-2023-48795: a man in the middle slips IGNORE messages into the clear part of the handshake and swallows
// as many of the encrypted ones, unnoticed. The rule: strict key exchange, where nothing but the handshake may come
// before NEWKEYS and the numbering starts anew there; and no ciphers that make the trick possible (ChaCha20-Poly1305, CBC).
const ignore = Buffer.concat([uint32(12), Buffer.of(6, 2), uint32(0), Buffer.alloc(6)]);

/** Passes on what the client says, with an IGNORE put before its packet number `place` of the handshake. */
const inject = (place: number) => (near: Socket, far: Socket) => {
  far.pipe(near);
  let waiting = Buffer.alloc(0);
  let packets = -1;
  near.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (packets === -1) {
      const end = waiting.indexOf('\n') + 1;
      if (end === 0) return;
      far.write(waiting.subarray(0, end));
      waiting = waiting.subarray(end);
      packets = 0;
    }
    while (packets < 3 && waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const length = 4 + waiting.readUInt32BE(0);
      if (packets === place) far.write(ignore);
      far.write(waiting.subarray(0, length));
      waiting = waiting.subarray(length);
      packets += 1;
    }
    if (packets < 3) return;
    far.write(waiting);
    waiting = Buffer.alloc(0);
  });
};

t.test('Terrapin CVE-2023-48795: an IGNORE before NEWKEYS ends the connection', async (t) => {
  const { server, amy } = await startExchange(t);
  const attempt = async (port: number) => {
    const client = new ssh2.Client();
    t.teardown(() => client.destroy());
    return new Promise<string>((resolve) => {
      client
        .on('ready', () => resolve('in'))
        .on('error', () => resolve('closed'))
        .on('close', () => resolve('closed'));
      const privateKey = readFileSync(amy.keyFile);
      client.connect({ host: '127.0.0.1', port, username: 'amy', privateKey });
    });
  };
  // Before KEXINIT, before the Diffie-Hellman message, before NEWKEYS.
  for (const place of [0, 1, 2]) {
    const { port } = await openGate(t, server, inject(place));
    t.equal(await attempt(port), 'closed', `before packet ${place}`);
  }
  t.same(await liveSessions(server), []);
  const { port } = await openGate(t, server, inject(-1));
  t.equal(await attempt(port), 'in', 'the same proxy without the injection');
  const [session] = await liveSessions(server);
  t.notMatch(JSON.stringify(session?.['algorithms']), /chacha20|cbc/);
});

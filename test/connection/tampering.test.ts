import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import t from 'tap';
import { wireString } from '../../server/domain/wire-string.ts';
import { rawClient, rawLogin, serve, until, type RawOptions, type Served } from './harness.ts';
import { speakHybrid } from './hybrid-client.ts';

/** A direction of the proxy as whole units: the identification string, then packets while they are in the clear. */
type Tamper = (unit: Buffer, index: number) => readonly Buffer[];
type Tampers = { readonly toServer?: Tamper; readonly toClient?: Tamper };

/** Somebody between a client and the server who sees packets in the clear until NEWKEYS, and after it only bytes. */
async function proxied(
  t: Parameters<typeof serve>[0],
  served: Served,
  tampers: Tampers,
): Promise<{ port: number }> {
  const door = createServer((near) => {
    const far = connect(served.port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    relay(near, far, tampers.toServer ?? ((unit) => [unit]));
    relay(far, near, tampers.toClient ?? ((unit) => [unit]));
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  t.teardown(() => door.close());
  return { port: (door.address() as AddressInfo).port };
}

function relay(from: Socket, to: Socket, tamper: Tamper): void {
  let pending = Buffer.alloc(0);
  let index = 0;
  let inTheClear = true;
  from.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      const end = unitEnd();
      if (end === 0) return;
      const unit = pending.subarray(0, end);
      pending = pending.subarray(end);
      if (index > 0 && inTheClear && unit[5] === 21) inTheClear = false;
      for (const sent of tamper(unit, index)) to.write(sent);
      index += 1;
    }
  });
  from.on('close', () => to.destroy());

  function unitEnd(): number {
    if (index === 0) return pending.indexOf(0x0a) + 1;
    if (pending.length < 4) return 0;
    // With GCM and encrypt-then-MAC the length stays in the clear; the tag behind it has 16 bytes.
    const end = 4 + pending.readUInt32BE(0) + (inTheClear ? 0 : 16);
    return pending.length < end ? 0 : end;
  }
}

function plain(payload: Buffer): Buffer {
  const padding = 8 - ((5 + payload.length) % 8) + 8;
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(packet.length - 4, 0);
  packet[4] = padding;
  packet.set(payload, 5);
  return packet;
}

const ignore = plain(Buffer.concat([Buffer.of(2), wireString('')]));
const hybrid: RawOptions = { onProtocol: speakHybrid() };

t.test('the proxy alone changes nothing', async (t) => {
  const served = await serve(t);
  const { port } = await proxied(t, served, {});
  await rawLogin(t, { port }, hybrid);
  t.equal(served.peers.length, 1);
});

// Terrapin (CVE-2023-48795): what is slipped in before NEWKEYS moves the sequence numbers, so that as many packets
// behind NEWKEYS can be taken away unseen. Units of a client: 0 identification, 1 KEXINIT, 2 its half, 3 NEWKEYS.
for (const [what, message] of Object.entries({
  IGNORE: ignore,
  DEBUG: plain(Buffer.concat([Buffer.of(4, 0), wireString('x'), wireString('')])),
  UNIMPLEMENTED: plain(Buffer.from([3, 0, 0, 0, 0])),
  'an empty packet': plain(Buffer.alloc(0)),
  'a second KEXINIT': plain(Buffer.concat([Buffer.of(20), Buffer.alloc(61)])),
  'an EXT_INFO': plain(Buffer.from([7, 0, 0, 0, 0])),
  'a login': plain(Buffer.from([50, 0, 0, 0, 0])),
})) {
  for (const before of [1, 2, 3]) {
    t.test(`${what} slipped in before unit ${before} of the client`, async (t) => {
      const served = await serve(t);
      const { port } = await proxied(t, served, {
        toServer: (unit, index) => (index === before ? [message, unit] : [unit]),
      });
      await t.rejects(rawLogin(t, { port }, hybrid));
      await until(() => served.notices.length > 0);
      t.equal(served.peers.length, 0, 'it never came to a login');
      t.same(served.faults, []);
    });
  }
}

t.test('what is slipped into the server’s half is found by the client', async (t) => {
  for (const before of [1, 2, 3]) {
    const served = await serve(t);
    const { port } = await proxied(t, served, {
      toClient: (unit, index) => (index === before ? [ignore, unit] : [unit]),
    });
    await t.rejects(rawLogin(t, { port }, hybrid));
  }
});

t.test('the first packets behind NEWKEYS cannot be taken away, nor told twice', async (t) => {
  const drop: Tampers = { toServer: (unit, index) => (index === 4 ? [] : [unit]) };
  const twice: Tampers = { toServer: (unit, index) => (index === 4 ? [unit, unit] : [unit]) };
  const swapped: Tampers = (() => {
    let held: Buffer | undefined;
    return {
      toServer: (unit, index) => {
        if (index === 4) held = Buffer.from(unit);
        return index === 4 ? [] : index === 5 ? [unit, held!] : [unit];
      },
    };
  })();
  // The attack as it was: one slipped in, one taken away.
  const terrapin: Tampers = {
    toServer: (unit, index) => (index === 3 ? [ignore, unit] : index === 4 ? [] : [unit]),
  };
  for (const tampers of [drop, twice, swapped, terrapin]) {
    const served = await serve(t);
    const { port } = await proxied(t, served, tampers);
    const client = await rawClient(t, { port }, hybrid).catch(() => undefined);
    client?.send(
      Buffer.concat([Buffer.of(5), wireString('ssh-userauth')]),
      Buffer.from([2, 0, 0, 0, 0]),
    );
    await client?.closed;
    await until(() => served.notices.length > 0);
    t.same(served.proofs, []);
    t.same(served.faults, []);
  }
});

// The counter-measure itself: sequence numbers begin again at NEWKEYS, with the words of both sides only.
t.test('sequence numbers begin again with strict key exchange', async (t) => {
  const served = await serve(t);
  for (const [strict, number] of [
    [true, 0],
    [false, 3],
  ] as const) {
    const client = await rawClient(t, served, { onProtocol: speakHybrid({ strict }) });
    client.send(Buffer.of(8));
    const answer = await client.next(3);
    t.equal(answer?.readUInt32BE(1), number, 'the number of the message that is not known');
  }
});

t.test('after a changed KEXINIT both come to different hashes', async (t) => {
  const served = await serve(t);
  const { port } = await proxied(t, served, {
    // A cookie with another byte: nothing else of it is different.
    toServer: (unit, index) => {
      if (index === 1) unit[10] = unit[10]! ^ 1;
      return [unit];
    },
  });
  await t.rejects(rawLogin(t, { port }, hybrid), 'the signature does not verify');
});

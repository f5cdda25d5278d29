import t from 'tap';
import fc from 'fast-check';
import { Framing } from '../../server/sftp/framing.ts';

function framed(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(message.length);
      return [length, message];
    }),
  );
}

t.test('messages come out as they went in, however the bytes are cut', (t) => {
  const message = fc.uint8Array({ minLength: 1, maxLength: 5_000 });
  const cuts = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 8 }), cuts, (messages, sizes) => {
      const bytes = framed(messages);
      const framing = new Framing();
      const seen: Buffer[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length]!;
        framing.push(bytes.subarray(at, at + size));
        at += size;
        for (let next = framing.next(); next !== undefined; next = framing.next()) {
          seen.push(Buffer.from(next));
        }
      }
      t.equal(framing.bufferedBytes, 0);
      return seen.length === messages.length && seen.every((each, i) => each.equals(messages[i]!));
    }),
    { numRuns: 300 },
  );
  t.end();
});

// The story: a logged-in client sent the length word and the body of one large message as one-byte packets. Each packet
// made the server walk all those that were waiting: 9 MB on the wire cost 73 s of CPU, and everybody else waited.
t.test('a message of one-byte chunks costs its bytes, not their square', (t) => {
  const bytes = framed([Buffer.alloc(262_144, 7)]);
  const framing = new Framing();
  let looks = 0;
  for (const byte of bytes.subarray(0, -1)) {
    framing.push(Buffer.of(byte));
    if (framing.next() === undefined) looks += 1;
  }
  t.equal(looks, bytes.length - 1);
  framing.push(Buffer.of(7));
  t.ok(framing.next()?.equals(Buffer.alloc(262_144, 7)));
  t.end();
});

t.test('an impossible length is refused at once', (t) => {
  for (const word of [0, 262_145, 0xffffffff]) {
    const framing = new Framing();
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(word);
    for (const byte of bytes.subarray(0, 3)) {
      framing.push(Buffer.of(byte));
      t.equal(framing.next(), undefined);
    }
    framing.push(bytes.subarray(3));
    t.throws(() => framing.next(), { code: 'message-malformed' });
  }
  t.end();
});

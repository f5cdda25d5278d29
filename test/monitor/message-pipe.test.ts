import t from 'tap';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { MessagePipe } from '../../server/monitor/message-pipe.ts';

/** Two ends of a stream, the first of which waits for its reader. */
async function ends(t: Tap): Promise<readonly [Socket, Socket]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  t.teardown(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return [near, far];
}

type Tap = { teardown(end: () => void): void };

type Heard = { readonly messages: unknown[]; readonly broken: string[]; pipe: MessagePipe };

function pipeOver(socket: Socket, waitsForReader: boolean): Heard {
  const messages: unknown[] = [];
  const broken: string[] = [];
  const pipe = new MessagePipe({
    socket,
    waitsForReader,
    received: (message) => messages.push(message),
    onBroken: (what) => broken.push(what),
  });
  return { messages, broken, pipe };
}

async function until(done: () => boolean): Promise<void> {
  for (let turn = 0; !done(); turn += 1) {
    if (turn > 2_000) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

// An empty partial's content is bytes of length 0. Where nothing lay beside a frame they were not put back into their
// place, the monitor found them impossible, and ended the worker: any OPEN for writing that was cut off did it.
t.test('bytes of length 0 arrive as bytes', async (t) => {
  const [near, far] = await ends(t);
  const one = pipeOver(near, true);
  const other = pipeOver(far, false);
  one.pipe.send({ content: new Uint8Array(0), size: 0 });
  await until(() => other.messages.length === 1);
  t.same(other.messages, [{ content: Buffer.alloc(0), size: 0 }]);
});

// Each end read nothing more while 2 MiB of its own waited, and waited for ever once both did.
t.test('both ends may have much to say at once', async (t) => {
  const [near, far] = await ends(t);
  const one = pipeOver(near, true);
  const other = pipeOver(far, false);
  const content = Buffer.alloc(48 * 1024, 7);
  for (let each = 0; each < 100; each += 1) {
    one.pipe.send({ each, content });
    other.pipe.send({ each, content });
  }
  await until(() => one.messages.length === 100 && other.messages.length === 100);
  t.same(one.messages[99], { each: 99, content });
  t.same(other.messages[99], { each: 99, content });
});

// A frame of 38,000 questions was handed on whole, whatever had been said of holding.
t.test('what is held is handed on later, in order', async (t) => {
  const [near, far] = await ends(t);
  const one = pipeOver(near, false);
  const messages: unknown[] = [];
  const other = new MessagePipe({
    socket: far,
    waitsForReader: true,
    received: (message) => {
      messages.push(message);
      if (messages.length % 10 === 0) other.hold(true);
    },
    onBroken: (what) => t.fail(what),
  });
  for (let each = 0; each < 35; each += 1) one.pipe.send({ each });
  for (const most of [10, 20, 30]) {
    await until(() => messages.length === most);
    await new Promise((resolve) => setTimeout(resolve, 20));
    t.equal(messages.length, most);
    other.hold(false);
  }
  await until(() => messages.length === 35);
  t.same(
    messages,
    Array.from({ length: 35 }, (_, each) => ({ each })),
  );
});

t.test('a reader that reads nothing is given up', async (t) => {
  const [near, far] = await ends(t);
  far.pause();
  const one = pipeOver(near, true);
  const content = Buffer.alloc(200 * 1024);
  for (let each = 0; each < 400 && one.broken.length === 0; each += 1)
    one.pipe.send({ each, content });
  await until(() => one.broken.length > 0);
  t.match(one.broken, [/does not read/]);
});

t.test('a message comes also byte by byte', async (t) => {
  const [near, far] = await ends(t);
  near.setNoDelay(true);
  const other = pipeOver(far, true);
  const text = Buffer.from(JSON.stringify([{ text: 'x'.repeat(3000) }, 2]));
  const head = Buffer.alloc(8);
  head.writeUInt32BE(text.length, 0);
  for (const byte of Buffer.concat([head, text, head, text])) {
    near.write(Buffer.of(byte));
    await new Promise(setImmediate);
  }
  await until(() => other.messages.length === 4);
  t.same(other.messages.slice(2), [{ text: 'x'.repeat(3000) }, 2]);
});

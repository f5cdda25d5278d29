import t from 'tap';
import { Duplex } from 'node:stream';
import { Outbox } from '../../server/connection/outbox.ts';
import { limits } from '../../server/domain/limits.ts';
import { Stall } from '../../server/session/stall.ts';
import { Output } from '../../server/sftp/output.ts';
import { loneAccount } from '../fixtures/memory.ts';

/** A channel whose client opens its window by so many bytes each second, which is simulated. */
function readAt(bytesPerSecond: number) {
  const account = loneAccount();
  const state = { window: 0, sent: 0 };
  const outbox = new Outbox(32 * 1024, {
    room: () => Math.min(state.window, 32 * 1024),
    send: (bytes, fill) => {
      fill(Buffer.alloc(bytes), 0);
      state.window -= bytes;
      state.sent += bytes;
    },
  });
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => outbox.write([chunk], done),
    writev: (chunks, done) =>
      outbox.write(
        chunks.map(({ chunk }) => chunk as Buffer),
        done,
      ),
    final: (done) => outbox.end(done),
  });
  const output = new Output(stream, account);
  const second = async () => {
    state.window += bytesPerSecond;
    outbox.pump();
    await new Promise(setImmediate);
  };
  return { account, state, stream, output, second };
}

// What was taken counted when all of a `writev` had left, a mebibyte at a time: steady readers below 8 KiB/s were ended
// at second 120. Here it is counted as the channel counts it, where packets leave.
t.test('a steady slow reader is no stall, and one that stops is', async (t) => {
  for (const bytesPerSecond of [1200, 2048, 8192]) {
    const { state, output, second } = readAt(bytesPerSecond);
    const stall = new Stall();
    let stalledAt: number | null = null;
    for (let at = 0; at < 900; at += 1) {
      while (!output.isFull) output.push([Buffer.alloc(100_000)]);
      output.flush();
      t.ok(output.isWaiting);
      await second();
      if (stall.look({ bytes: state.sent, outstanding: output.isWaiting }, at * 1000))
        stalledAt ??= at;
    }
    t.equal(stalledAt, null, `${bytesPerSecond} bytes a second`);
    let more = 0;
    while (!stall.look({ bytes: state.sent, outstanding: output.isWaiting }, (900 + more) * 1000))
      more += 1;
    t.ok(more <= limits.stalledMsMax / 1000 + 1024, 'who stops is ended');
  }
});

// A channel that finished left the account and the watcher with its replies: small windows, four READs of 255 KiB and a
// zero length word held a mebibyte of each channel that nobody counted.
t.test(
  'replies of a channel that has ended stay on its account until they have left',
  async (t) => {
    const { account, stream, output, second } = readAt(50_000);
    output.push([Buffer.alloc(100_000)]);
    output.push([Buffer.alloc(100_000)]);
    output.flush();
    output.push([Buffer.alloc(1000)]);
    stream.end();
    output.end();
    let over = false;
    void output.over.then(() => (over = true));
    t.equal(account.bytes, 200_000, 'but what was not flushed');
    t.ok(output.isWaiting, 'and it owes them');
    await second();
    t.notOk(over);
    for (let at = 0; at < 4; at += 1) await second();
    t.ok(over);
    t.equal(account.bytes, 0);
    t.notOk(output.isWaiting);

    const cut = readAt(10);
    cut.output.push([Buffer.alloc(10_000)]);
    cut.output.end();
    await cut.output.over;
    const held = readAt(10);
    held.output.push([Buffer.alloc(100_000)]);
    held.output.flush();
    held.output.end();
    held.stream.destroy();
    await held.output.over;
    t.equal(held.account.bytes, 0, 'or until the channel is gone');
  },
);

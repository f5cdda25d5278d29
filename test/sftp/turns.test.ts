import t from 'tap';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';

const county = { username: 'amy', agency: 'alameda' } as const;

/** How many times the event loop came round while `work` ran. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let going = true;
  const count = (): void => {
    turns += 1;
    if (going) setImmediate(count);
  };
  setImmediate(count);
  await work;
  going = false;
  return turns;
}

// The story: holes of a file that is being written are read from memory, so hashing 20 GiB of them never left the
// microtask queue: the server answered nobody for 18 s, the client's own hanging up included.
t.test('hashing what is in memory lets the others in', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const handle = await amy.open('/outgoing/holes', 0x1b);
  const size = 512 * 1024 * 1024;
  await amy.ok(amy.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(1).u64(size)));
  const turns = await turnsDuring(
    amy.extended('check-file-handle', (writer) =>
      writer.string(handle).string('sha256').u64(0).u64(0).u32(0),
    ),
  );
  t.ok(turns > 5, `${turns} turns of the loop`);
  await amy.ok(amy.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(1).u64(0)));
});

t.test('a flood of requests that are answered from memory lets the others in', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const flood = Promise.all(Array.from({ length: 3_000 }, () => amy.stat('/outgoing')));
  const turns = await turnsDuring(flood);
  t.ok(turns > 5, `${turns} turns of the loop`);
});

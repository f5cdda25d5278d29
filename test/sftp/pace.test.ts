import t from 'tap';
import { Pace } from '../../server/pace/pace.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { loneAccount } from '../fixtures/memory.ts';

const PUT = 2 | 8 | 16;
const blockBytes = 64 * 1024;

class CountingPace extends Pace {
  spent = 0;

  constructor() {
    super({ workUnitsPerSecondMax: Infinity, workUnitsAtOnceMax: Infinity });
  }

  override spend(units: number): void {
    this.spent += units;
  }
}

async function connected(t: Parameters<typeof openExchange>[0]) {
  const pace = new CountingPace();
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' }, loneAccount(), pace);
  const costOf = async (work: () => Promise<void>): Promise<number> => {
    const before = pace.spent;
    await work();
    return pace.spent - before;
  };
  return { amy, costOf };
}

// The story: a batch of small files ran at 102 a second whatever the machine did, as the one block of a file of 4 KiB
// counted as one that was begun for a few bytes, and cost its user 30 of the 4,000 units of a second.
t.test('a small file costs its requests and questions, and no more', async (t) => {
  const { amy, costOf } = await connected(t);
  for (const bytes of [1, 4096, 32_768, blockBytes]) {
    const cost = await costOf(() => amy.put(`/outgoing/f${bytes}`, Buffer.alloc(bytes)));
    t.ok(cost > 3 && cost < 8, `${cost} units for ${bytes} bytes`);
  }
});

t.test('one byte in each block costs what the blocks do', async (t) => {
  const { amy, costOf } = await connected(t);
  const handle = await amy.open('/outgoing/holes', PUT);
  const cost = await costOf(async () => {
    for (let block = 0; block < 20; block += 1)
      await amy.write(handle, block * blockBytes, Buffer.alloc(1));
  });
  t.ok(cost > 19 * 32, `${cost} units`);
  await amy.close(handle);
});

t.test('what was filled before does not pay for what is begun later', async (t) => {
  const { amy, costOf } = await connected(t);
  const handle = await amy.open('/outgoing/whole', PUT);
  const whole = await costOf(async () => {
    for (let at = 0; at < 20 * blockBytes; at += 32_768)
      await amy.write(handle, at, Buffer.alloc(32_768));
  });
  t.ok(whole <= 45, `${whole} units for a transfer in order: its requests`);
  await amy.extended('fsync@openssh.com', (writer) => writer.string(handle));
  const holes = await costOf(async () => {
    for (let block = 30; block < 50; block += 1)
      await amy.write(handle, block * blockBytes, Buffer.alloc(1));
  });
  t.ok(holes > 18 * 32, `${holes} units`);
  await amy.close(handle);
});

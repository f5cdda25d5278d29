// The time that every refusal of a name takes, whether there is such a user or not.
import t from 'tap';
import { createRefusalDelay } from '../../server/authentication/refusal-delay.ts';

const secret = Buffer.alloc(32, 7);

/** How long the refusal of a name is held back that took so long; undefined is not at all. */
async function heldMs(username: string, elapsedMs: number, of: Uint8Array = secret) {
  let pausedMs: number | undefined;
  const delay = createRefusalDelay({
    secret: of,
    now: () => 1_000_000 + elapsedMs,
    pause: async (ms) => void (pausedMs = ms),
  });
  await delay(username, 1_000_000);
  return pausedMs;
}

t.test('25 to 35 ms, always the same for a name and another for the next', async (t) => {
  const seen = new Set<number>();
  for (let number = 0; number < 200; number += 1) {
    const ms = (await heldMs(`user${number}`, 0))!;
    t.ok(ms >= 25 && ms < 35, `${ms}`);
    t.equal(await heldMs(`user${number}`, 0), ms);
    seen.add(ms);
  }
  t.equal(seen.size, 200);
  t.ok(Math.min(...seen) < 26 && Math.max(...seen) > 34, 'all of the range is used');
  t.not(await heldMs('ann', 0, Buffer.alloc(32, 8)), await heldMs('ann', 0), 'and it is secret');
});

t.test(
  'what took a part of it waits for the rest, what took longer for the next doubling',
  async (t) => {
    const target = (await heldMs('ann', 0))!;
    t.equal(await heldMs('ann', 10), target - 10);
    t.equal(await heldMs('ann', -10), target, 'a clock that goes back shortens nothing');
    t.equal(await heldMs('ann', target), 0, 'just in time');
    t.equal(await heldMs('ann', target + 1), 2 * target - (target + 1));
    t.equal(await heldMs('ann', 2 * target), 0);
    t.equal(await heldMs('ann', 3 * target), target);
  },
);

t.test('past five seconds it is late enough', async (t) => {
  t.not(await heldMs('ann', 5_000), undefined);
  t.equal(await heldMs('ann', 5_000.5), undefined);
});

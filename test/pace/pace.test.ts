import t from 'tap';
import fc from 'fast-check';
import { Pace, Paces } from '../../server/pace/pace.ts';

const limits = { workUnitsPerSecondMax: 100, workUnitsAtOnceMax: 200 };

function paced() {
  const clock = { ms: 0 };
  return { clock, pace: new Pace(limits, () => clock.ms) };
}

t.test('what was saved up is free, then work costs time, and time pays', async (t) => {
  const { clock, pace } = paced();
  pace.spend(200);
  t.equal(pace.waitMs, 0);
  pace.spend(10);
  t.equal(pace.waitMs, 100);
  clock.ms += 60;
  t.equal(pace.waitMs, 40);
  clock.ms += 40;
  t.equal(pace.waitMs, 0);
});

t.test('nobody waits longer than a moment before it is looked at again', async (t) => {
  const { pace } = paced();
  pace.spend(1_000_000);
  t.equal(pace.waitMs, 250);
});

t.test(
  'moved bytes pay for the work that moves them, and are not saved up without end',
  async (t) => {
    const { pace } = paced();
    for (let count = 0; count < 10_000; count += 1) {
      pace.spend(1);
      pace.moved(32_768);
      if (pace.waitMs > 0) t.fail('a transfer was held back');
    }
    pace.spend(201);
    t.ok(pace.waitMs > 0, 'a long download does not buy a flood');
  },
);

t.test('over any time, no more is done than was saved up and paid for', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 100 })), {
        maxLength: 200,
      }),
      (steps) => {
        const { clock, pace } = paced();
        let done = 0;
        for (const [units, ms] of steps) {
          clock.ms += ms;
          if (pace.waitMs > 0) continue;
          pace.spend(units);
          done += units;
        }
        // One piece of work may begin with nothing left.
        return done <= 200 + clock.ms / 10 + 50;
      },
    ),
  );
});

t.test('the sessions of a user share one pace, and it is forgotten with the last', async (t) => {
  const paces = new Paces(limits);
  const first = paces.of('amy');
  t.equal(paces.of('amy'), first);
  t.not(paces.of('ken'), first);
  paces.release('amy');
  t.equal(paces.of('amy'), first);
  paces.release('amy');
  paces.release('amy');
  t.not(paces.of('amy'), first);
});

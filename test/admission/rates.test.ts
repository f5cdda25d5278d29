import * as fc from 'fast-check';
import t from 'tap';
import { Rates } from '../../server/admission/rates.ts';

function rates(now: () => number, sourcesMax = 1_000): Rates {
  return new Rates({ perSecondMax: 20, atOnceMax: 100, sourcesMax, now });
}

function takeAll(from: Rates, source: string, times: number): number {
  return Array.from({ length: times }, () => from.take(source)).filter(Boolean).length;
}

t.test('a county may start a hundred at once, and then twenty a second', async (t) => {
  let nowMs = 5_000;
  const county = rates(() => nowMs);
  t.equal(takeAll(county, '192.0.2.1', 300), 100);
  t.equal(takeAll(county, '192.0.2.2', 1), 1, 'another is not kept out by it');
  nowMs += 1_000;
  t.equal(takeAll(county, '192.0.2.1', 300), 20);
  nowMs += 50;
  t.equal(takeAll(county, '192.0.2.1', 2), 1);
  nowMs += 60_000;
  t.equal(takeAll(county, '192.0.2.1', 300), 100, 'after a rest');
});

t.test(
  'who logs in makes up for it: a county whose jobs have good keys is not held up',
  async (t) => {
    // Eight at a time, 200 a second and more: a batch of files is a login each for many scripts.
    let nowMs = 0;
    const county = rates(() => nowMs);
    let taken = 0;
    for (; nowMs < 60_000; nowMs += 5) {
      if (!county.take('192.0.2.1')) continue;
      taken += 1;
      county.loggedIn('192.0.2.1');
    }
    t.equal(taken, 12_000);
  },
);

t.test('a login earns no more than its own connection cost', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 400 }), (pausesMs) => {
      let nowMs = 0;
      let taken = 0;
      const one = rates(() => nowMs);
      for (const pauseMs of pausesMs) {
        nowMs += pauseMs;
        const now = takeAll(one, 'a', 70);
        for (let login = 0; login < now; login += 1) one.loggedIn('a');
        taken += now;
        if (taken > 20 * (100 + (nowMs * 20) / 1_000)) return false;
      }
      // Those who do not log in are held to their own rate all the same.
      return takeAll(one, 'a', 300) <= 100;
    }),
  );
  t.pass();
});

t.test('in any time, no source has more than the rate and one burst', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 400 }), (pausesMs) => {
      let nowMs = 0;
      let taken = 0;
      const one = rates(() => nowMs);
      for (const pauseMs of pausesMs) {
        nowMs += pauseMs;
        taken += takeAll(one, 'a', 7);
        if (taken > 100 + Math.floor((nowMs * 20) / 1_000)) return false;
      }
      return true;
    }),
  );
  t.pass();
});

t.test(
  'sources that are even are forgotten, and of the others so many are remembered',
  async (t) => {
    let nowMs = 0;
    const many = rates(() => nowMs, 500);
    for (let index = 0; index < 20_000; index += 1) many.take(`source ${index}`);
    t.equal(many.size, 500);
    nowMs += 60_000;
    many.take('late');
    t.equal(many.size, 1);
  },
);

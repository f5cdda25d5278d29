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

import * as fc from 'fast-check';
import t from 'tap';
import { SourcePenalties } from '../../server/admission/source-penalties.ts';
import { type Limits, limits } from '../../server/domain/limits.ts';

const wrongWord = { reason: 'password-wrong', ms: 5_000 } as const;

function watched(more: Partial<Limits> = {}) {
  const time = { nowMs: 1_000, wallMs: Date.UTC(2030, 0, 1) };
  const penalties = new SourcePenalties({
    limits: { ...limits, ...more },
    now: () => time.nowMs,
    clock: () => time.wallMs,
  });
  const pass = (ms: number) => {
    time.nowMs += ms;
    time.wallMs += ms;
  };
  return { penalties, time, pass };
}

t.test('three failures at once keep a source out, for as long as they add up to', async (t) => {
  const { penalties, pass } = watched();
  t.equal(penalties.penalise('192.0.2.1', wrongWord), undefined);
  t.equal(penalties.penalise('192.0.2.1', wrongWord), undefined);
  t.equal(penalties.isBanned('192.0.2.1'), false);
  t.match(penalties.penalise('192.0.2.1', { reason: 'user-unknown', ms: 5_000 }), {
    source: '192.0.2.1',
    reason: 'user-unknown',
    failures: 3,
    refused: 0,
    sinceMs: Date.UTC(2030, 0, 1),
    untilMs: Date.UTC(2030, 0, 1) + 15_000,
  });
  t.equal(penalties.isBanned('192.0.2.1'), true);
  t.equal(penalties.isBanned('192.0.2.2'), false);
  t.equal(penalties.penalise('192.0.2.1', wrongWord), undefined, 'it is told of once');
  pass(19_999);
  t.equal(penalties.isBanned('192.0.2.1'), true);
  penalties.noteRefused('192.0.2.1');
  t.match(penalties.list(), [{ source: '192.0.2.1', failures: 4, refused: 1 }]);
  pass(1);
  t.equal(penalties.isBanned('192.0.2.1'), false);
  t.same(penalties.list(), []);
  t.equal(penalties.penalise('192.0.2.1', wrongWord), undefined, 'from nothing again');
});

t.test('who fails now and then is never kept out', async (t) => {
  const { penalties, pass } = watched();
  for (let tries = 0; tries < 100; tries += 1) {
    t.equal(penalties.penalise('192.0.2.1', wrongWord), undefined);
    pass(6_000);
  }
});

t.test('no penalty is longer than the maximum', async (t) => {
  const { penalties, time } = watched();
  for (let tries = 0; tries < 500; tries += 1) penalties.penalise('192.0.2.1', wrongWord);
  t.equal(penalties.list()[0]?.untilMs, time.wallMs + 600_000);
});

t.test('it can be lifted, by an address of the source, too', async (t) => {
  const { penalties } = watched();
  const ban = (source: string) => {
    for (let tries = 0; tries < 3; tries += 1) penalties.penalise(source, wrongWord);
  };
  ban('192.0.2.1');
  ban('2001:db8:0:1::/64');
  t.equal(penalties.lift('192.0.2.2'), undefined);
  t.equal(penalties.lift('rubbish'), undefined);
  t.equal(penalties.lift('rubbish/64'), undefined);
  t.match(penalties.lift('192.0.2.1'), { source: '192.0.2.1', failures: 3 });
  t.equal(penalties.lift('192.0.2.1'), undefined);
  t.match(penalties.lift('2001:DB8:0:1:ffff::9'), { source: '2001:db8:0:1::/64' });
  ban('2001:db8:0:1::/64');
  t.ok(penalties.lift('2001:db8:0:1::/64'));
  t.same(penalties.list(), []);
  penalties.penalise('192.0.2.1', wrongWord);
  t.equal(penalties.lift('192.0.2.1'), undefined, 'what is not kept out yet is nothing to lift');
});

t.test('setting the wall clock neither ends nor prolongs one', async (t) => {
  const { penalties, time } = watched();
  for (let tries = 0; tries < 4; tries += 1) penalties.penalise('192.0.2.1', wrongWord);
  for (const stepMs of [3_600_000, -365 * 86_400_000]) {
    time.wallMs += stepMs;
    t.equal(penalties.isBanned('192.0.2.1'), true);
    t.equal(penalties.list()[0]?.untilMs, time.wallMs + 20_000, 'shown by the clock as it is');
  }
  time.nowMs += 20_000;
  t.equal(penalties.isBanned('192.0.2.1'), false);
});

t.test('more sources than are remembered: those with the least left go first', async (t) => {
  const { penalties, pass } = watched({ penaltySourcesMax: 1_000 });
  for (let index = 0; index < 100; index += 1)
    for (let tries = 0; tries < 10; tries += 1) penalties.penalise(`10.0.0.${index}`, wrongWord);
  for (let index = 0; index < 200_000; index += 1) {
    penalties.penalise(`2001:db8:${index.toString(16)}::/64`, {
      reason: 'login-missing',
      ms: 1_000,
    });
    if (index % 10_000 === 0) pass(100);
  }
  t.equal(penalties.size, 1_000);
  t.equal(penalties.list().length, 100, 'no flood of addresses frees who is kept out');
  for (let tries = 0; tries < 3; tries += 1) penalties.penalise('192.0.2.9', wrongWord);
  t.equal(penalties.isBanned('192.0.2.9'), true, 'nor keeps who is worse from being remembered');
  pass(60_000);
  penalties.penalise('192.0.2.1', wrongWord);
  t.equal(penalties.size, 1, 'what is over is forgotten');
});

type Step =
  | { readonly kind: 'fail'; readonly source: string; readonly ms: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'forgive'; readonly source: string };

// The rule as one would say it, with no bound on memory.
class Model {
  nowMs = 1_000;
  readonly #debts = new Map<string, { untilMs: number; banned: boolean }>();
  #of(source: string) {
    const debt = this.#debts.get(source);
    return debt !== undefined && debt.untilMs > this.nowMs
      ? debt
      : { untilMs: this.nowMs, banned: false };
  }
  apply(step: Step): void {
    if (step.kind === 'pass') this.nowMs += step.ms;
    if (step.kind === 'forgive') this.#debts.delete(step.source);
    if (step.kind !== 'fail') return;
    const { untilMs, banned } = this.#of(step.source);
    const until = Math.min(untilMs + step.ms, this.nowMs + 600_000);
    this.#debts.set(step.source, {
      untilMs: until,
      banned: banned || until - this.nowMs >= 15_000,
    });
  }
  isBanned(source: string): boolean {
    return this.#of(source).banned;
  }
}

t.test('agrees with the rule as one would say it', async (t) => {
  const source = fc.constantFrom('a', 'b', 'c');
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      kind: fc.constant('fail' as const),
      source,
      ms: fc.constantFrom(1_000, 5_000, 10_000, 300_000),
    }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(20_000) }),
    fc.record({ kind: fc.constant('forgive' as const), source }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { penalties, pass } = watched();
      const model = new Model();
      return steps.every((each) => {
        model.apply(each);
        if (each.kind === 'fail') penalties.penalise(each.source, { ...wrongWord, ms: each.ms });
        if (each.kind === 'pass') pass(each.ms);
        if (each.kind === 'forgive') penalties.forgive(each.source);
        const expected = ['a', 'b', 'c'].filter((one) => model.isBanned(one));
        const listed = penalties.list().map((penalty) => penalty.source);
        return (
          expected.every((one) => penalties.isBanned(one) && listed.includes(one)) &&
          listed.length === expected.length
        );
      });
    }),
    { numRuns: 500 },
  );
  t.pass();
});

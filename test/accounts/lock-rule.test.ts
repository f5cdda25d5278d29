// When a lock ends: by a clock that nobody sets, and over a restart by what was written down.
import t from 'tap';
import { LockRule } from '../../server/accounts/lock-rule.ts';
import { lockouts } from '../../server/domain/limits.ts';

const minuteMs = 60_000;
const begunMs = Date.UTC(2030, 0, 1);
const { lockMs, windowMs } = lockouts.baseline;
const locked = { locked_at: begunMs, locked_until: begunMs + lockMs };
const row = { user_id: 'ann', failed_at: JSON.stringify([begunMs - 5, begunMs]), ...locked };

/** A rule with a clock of its own. */
function ruleAt(steadyMs: number) {
  const clock = { steadyMs };
  return { clock, rule: new LockRule({ steadyNow: () => clock.steadyMs }) };
}

t.test('without a word the rule is that of baseline, by the clock of the process', (t) => {
  const rule = new LockRule({});
  t.equal(rule.lockout, lockouts.baseline);
  t.same(rule.methods, ['password', 'totp']);
  t.same(new LockRule({ lockout: lockouts.pub1075 }).methods, ['publickey', 'password', 'totp']);
  t.equal(rule.leftMs('ann', locked, begunMs), lockMs);
  const leftMs = rule.leftMs('ann', locked, begunMs + lockMs);
  t.ok(leftMs > lockMs - minuteMs && leftMs <= lockMs, 'no time has passed but by the wall clock');
  t.equal(rule.leftMs('ann', { locked_at: null, locked_until: null }, begunMs), 0);
  t.end();
});

t.test('a lock that another process made has left what its end says', (t) => {
  for (const [atMs, leftMs] of [
    [begunMs, lockMs],
    [begunMs + 5 * minuteMs, lockMs - 5 * minuteMs],
    [begunMs + lockMs - 1, 1],
    [begunMs + lockMs, 0],
    [begunMs + 2 * lockMs, 0],
    [begunMs - minuteMs, lockMs],
  ] as const)
    t.equal(ruleAt(0).rule.leftMs('ann', locked, atMs), leftMs, `${atMs - begunMs}`);
  t.end();
});

t.test('once seen it ends by the steady clock, each by its own', (t) => {
  const { rule, clock } = ruleAt(1_000);
  t.equal(rule.leftMs('ann', locked, begunMs + minuteMs), lockMs - minuteMs);
  clock.steadyMs += minuteMs;
  t.equal(rule.leftMs('ann', locked, begunMs + minuteMs), lockMs - 2 * minuteMs);
  t.equal(rule.leftMs('bob', locked, begunMs), lockMs);
  const later = { locked_at: begunMs + 1, locked_until: begunMs + 1 + lockMs };
  t.equal(rule.leftMs('ann', later, begunMs + 1), lockMs, 'another lock of the same user');
  clock.steadyMs += lockMs;
  t.equal(rule.leftMs('ann', later, begunMs + 1), 0);
  clock.steadyMs += lockMs;
  t.equal(rule.leftMs('ann', later, begunMs + 1), 0, 'and never less');
  t.end();
});

t.test('a lock is shown with the end that it was given, unless the clock was set', (t) => {
  for (const [aheadMs, shownMs] of [
    [0, locked.locked_until],
    [999, locked.locked_until],
    [-999, locked.locked_until],
    [1_000, locked.locked_until + 1_000],
    [-1_000, locked.locked_until - 1_000],
    [600_000, locked.locked_until + 600_000],
  ] as const) {
    const { rule, clock } = ruleAt(0);
    rule.leftMs('ann', locked, begunMs);
    clock.steadyMs += minuteMs;
    const state = rule.stateOf(row, begunMs + minuteMs + aheadMs);
    t.same(state, { failedLogins: 2, lockedUntilMs: shownMs }, `${aheadMs}`);
  }
  const { rule, clock } = ruleAt(0);
  rule.leftMs('ann', locked, begunMs);
  clock.steadyMs += 0.25;
  const { lockedUntilMs } = rule.stateOf(row, begunMs + 5_000);
  t.equal(lockedUntilMs, begunMs + 5_000 + lockMs, 'whole milliseconds');
  t.same(
    ruleAt(0).rule.stateOf(row, begunMs + lockMs),
    { failedLogins: 0, lockedUntilMs: null },
    'what locked an account that is free again does not count',
  );
  t.end();
});

t.test('failures count for the length of the window; those from a time to come as of now', (t) => {
  const { rule } = ruleAt(0);
  const given = [begunMs - windowMs - 1, begunMs - windowMs, begunMs - windowMs + 1, begunMs];
  t.same(rule.counted(JSON.stringify([...given, begunMs + minuteMs]), begunMs), [
    begunMs - windowMs + 1,
    begunMs,
    begunMs,
  ]);
  const free = { locked_at: null, locked_until: null };
  t.same(rule.stateOf({ ...row, ...free, failed_at: JSON.stringify(given) }, begunMs), {
    failedLogins: 2,
    lockedUntilMs: null,
  });
  t.end();
});

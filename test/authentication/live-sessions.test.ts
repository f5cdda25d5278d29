// The places that logins take, and what a login that is up may still ask for.
import t from 'tap';
import { LiveSessions, addressOf } from '../../server/authentication/live-sessions.ts';
import type { LiveSession } from '../../server/authentication/live-sessions.ts';
import type { Identity } from '../../server/domain/identity.ts';

const session = (sessionId: string, change: Partial<LiveSession> = {}) =>
  ({ sessionId, userId: 'u1', username: 'ann', expiresAtMs: null, ...change }) as LiveSession;
const identity = (expiresAtMs: number | null = null) =>
  ({ username: 'ann', expiresAtMs }) as Identity;

t.test('the address that a login comes from', (t) => {
  for (const [source, address] of [
    ['192.0.2.1:4000', '192.0.2.1'],
    ['[2001:db8::1]:4000', '2001:db8::1'],
    ['[::1]:1', '::1'],
  ] as const)
    t.equal(addressOf({ source }), address);
  t.end();
});

t.test('a user has so many places, each taken before its login is a session', (t) => {
  const live = new LiveSessions();
  t.equal(live.taken('u1'), 0);
  t.ok(live.reserve('u1', 2));
  t.ok(live.reserve('u1', 2));
  t.notOk(live.reserve('u1', 2), 'the third');
  t.equal(live.taken('u1'), 2, 'takes none');
  t.ok(live.reserve('u1', 3), 'where three are allowed');
  t.ok(live.reserve('u2', 1), 'another user has places of their own');
  t.notOk(live.reserve('u3', 0));
  live.release('u1');
  t.equal(live.taken('u1'), 2);
  live.release('u1');
  live.release('u1');
  t.equal(live.taken('u1'), 0);
  live.release('u1');
  t.equal(live.taken('u1'), 0, 'nobody has fewer than none');
  t.equal(live.taken('u2'), 1);
  t.end();
});

t.test('a session that ends gives its place back, once', (t) => {
  const live = new LiveSessions();
  for (const id of ['s1', 's2']) {
    live.reserve('u1', 2);
    live.start(session(id), identity());
  }
  t.same(
    live.list().map(({ sessionId }) => sessionId),
    ['s1', 's2'],
  );
  t.equal(live.end('s1')?.sessionId, 's1');
  t.equal(live.taken('u1'), 1);
  t.equal(live.identityOf('s1'), undefined);
  t.equal(live.end('s1'), undefined);
  t.equal(live.end('s9'), undefined);
  t.equal(live.taken('u1'), 1);
  t.same(live.list(), [session('s2')]);
  t.end();
});

t.test('what is withdrawn may ask for nothing, and stays until it has ended', (t) => {
  const live = new LiveSessions();
  live.reserve('u1', 1);
  live.start(session('s1'), identity());
  live.withdraw('s1');
  live.withdraw('s9');
  t.match(live.identityOf('s1'), { username: 'ann', expiresAtMs: 0 });
  t.ok(Object.isFrozen(live.identityOf('s1')));
  t.same(live.list(), [session('s1')]);
  t.equal(live.identityOf('s9'), undefined);
  live.expireBy('s1', 5);
  t.equal(live.identityOf('s1')?.expiresAtMs, 0, 'and is given nothing back');
  t.end();
});

t.test('a login ends by then, or sooner where it would have anyway', (t) => {
  for (const [before, by, after] of [
    [null, 5, 5],
    [7, 5, 5],
    [3, 5, 3],
  ] as const) {
    const live = new LiveSessions();
    live.start(session('s1', { expiresAtMs: before }), identity(before));
    live.expireBy('s1', by);
    live.expireBy('s9', by);
    t.equal(live.identityOf('s1')?.expiresAtMs, after);
    t.ok(Object.isFrozen(live.identityOf('s1')));
    t.same(live.list(), [session('s1', { expiresAtMs: after })]);
  }
  t.end();
});

t.test(
  'who waits for logins that are being accepted waits for those, however they end',
  async (t) => {
    const live = new LiveSessions();
    const ends: Record<string, () => void> = {};
    const accepting = (username: string, fails = false) =>
      live.whileAccepting(username, async () => {
        await new Promise<void>((resolve) => (ends[username] = resolve));
        if (fails) throw new Error('refused');
        return username;
      });
    const [ann, bob] = [accepting('ann'), accepting('bob', true)];
    const settled: string[] = [];
    const waiting = [
      live.settled('ann').then(() => settled.push('ann')),
      live.settled('bob').then(() => settled.push('bob')),
      live.settled().then(() => settled.push('all')),
    ];
    await live.settled('cal');
    t.same(settled, []);
    ends['bob']?.();
    await t.rejects(bob, { message: 'refused' });
    await waiting[1];
    t.same(settled, ['bob']);
    await live.settled('bob');
    const later = accepting('dan');
    ends['ann']?.();
    t.equal(await ann, 'ann');
    await Promise.all(waiting);
    t.same(settled, ['bob', 'ann', 'all'], 'and for none that began later');
    ends['dan']?.();
    await later;
    await live.settled();
  },
);

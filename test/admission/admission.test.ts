import * as fc from 'fast-check';
import t from 'tap';
import { closeReasons, type CloseReason } from '../../server/domain/authentication.ts';
import { KnownSources } from '../../server/admission/known-sources.ts';
import type { FaultCode } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { watch } from './fixtures/watch.ts';

const county = '192.0.2.1';

t.test('each limit refuses with its own reason, and is counted by source', async (t) => {
  const { knock, admission, luck, reached } = watch({
    limits: {
      connectionsMax: 30,
      unauthenticatedConnectionsMax: 20,
      unauthenticatedConnectionsPerSourceMax: 4,
    },
  });
  const first = knock(county);
  for (let index = 1; index < 4; index += 1) knock(county);
  t.equal(knock(county), 'connections-exceeded-from-source');
  admission.loggedIn(first);
  t.match(knock(county), /^connection /, 'a login leaves a place');
  for (let index = 0; index < 7; index += 1) knock(`198.51.100.${index}`);
  t.equal(admission.strangers, 11);
  luck.draw = 0.39;
  t.equal(knock('203.0.113.1'), 'connections-dropped', '6 of 15 steps: 0.4');
  luck.draw = 0.4;
  for (let index = 0; admission.strangers < 20; index += 1) {
    luck.draw = 0.999_999;
    knock(`203.0.113.${index}`);
  }
  t.equal(knock('203.0.113.99'), 'connections-dropped', 'however lucky');
  t.same(reached, [
    ['connections-exceeded-from-source', county],
    ['connections-dropped', '203.0.113.1'],
    ['connections-dropped', '203.0.113.99'],
  ]);
});

t.test('logged-in connections count to the total, and only to that', async (t) => {
  const { knock, admission } = watch({ limits: { connectionsMax: 60 } });
  for (let index = 0; index < 60; index += 1) admission.loggedIn(knock(county));
  t.same([admission.connections, admission.strangers], [60, 0]);
  t.equal(knock(county), 'connections-exceeded');
  t.equal(knock('198.51.100.1'), 'connections-exceeded');
});

t.test('who opens and closes at once is slowed down', async (t) => {
  const { knock, admission, pass } = watch();
  const open = (times: number) =>
    Array.from({ length: times }, () => {
      const id = knock(county);
      admission.loggedIn(id);
      admission.left(id, 'client-left');
      return id;
    }).filter((id) => id === 'connection-rate-exceeded').length;
  t.equal(
    open(1_981),
    0,
    'batches at the full hour, each login of which makes up for most of itself',
  );
  t.equal(open(10), 10);
  pass(1_000);
  t.equal(open(400), 0);
  t.equal(open(1), 1);
});

t.test('who opens and stays a stranger is slowed down by far more', async (t) => {
  const { knock, pass } = watch({
    limits: { unauthenticatedConnectionsPerSourceMax: 500, unauthenticatedConnectionsMax: 5_000 },
  });
  const refused = (times: number) =>
    Array.from({ length: times }, () => knock(county)).filter(
      (id) => id === 'connection-rate-exceeded',
    ).length;
  t.equal(refused(110), 10);
  pass(1_000);
  t.equal(refused(21), 1);
});

t.test('three wrong passwords keep a source out, and time lets it in', async (t) => {
  const { fail, comesIn, knock, pass, told, admission } = watch();
  fail(county, 2);
  t.equal(comesIn(county), true);
  fail(county);
  t.equal(knock(county), 'address-banned');
  t.equal(comesIn('192.0.2.2'), true, 'another is not kept out by it');
  t.match(admission.penalties.list(), [{ source: county, failures: 3, refused: 1 }]);
  t.match(told, [
    {
      outcome: 'refused',
      reason: 'password-wrong',
      origin: { actor: { kind: 'nobody' }, source: county },
      event: {
        event: 'ban.started.1',
        banned: county,
        failures: 3,
        until: '2030-01-01T00:00:15.000Z',
      },
    },
  ]);
  pass(15_000);
  t.equal(comesIn(county), true);
});

t.test('an IPv6 source is its /64, and a mapped IPv4 address is IPv4', async (t) => {
  const { fail, comesIn } = watch();
  fail('2001:db8:1:2::1', 3);
  t.equal(comesIn('2001:db8:1:2:ffff::9'), false);
  t.equal(comesIn('2001:db8:1:3::1'), true);
  fail('::ffff:192.0.2.1', 3);
  t.equal(comesIn('192.0.2.1'), false);
});

// A county of hundreds sits behind one address. One batch job with an old password must not lock the county out.
t.test("a colleague's login ends the penalty of the county", async (t) => {
  const { fail, comesIn, logIn, told, admission } = watch();
  t.equal(logIn(county), true, 'some day before');
  fail(county, 6);
  t.match(admission.penalties.list(), [{ failures: 6 }]);
  t.equal(logIn(county), true, 'in spite of the penalty: it is known');
  t.same(admission.penalties.list(), []);
  t.match(told, [
    { event: { event: 'ban.started.1' } },
    {
      outcome: 'success',
      origin: { actor: { kind: 'server' }, source: county },
      event: { event: 'ban.lifted.1', banned: county, before: { failures: 6 }, after: null },
    },
  ]);
  fail(county, 2);
  for (let index = 0; index < 10; index += 1) t.equal(comesIn(county), true, 'from nothing again');
});

t.test('a login that was under way ends it, too', async (t) => {
  const { fail, comesIn, knock, admission } = watch();
  const slow = knock(county);
  fail(county, 3);
  t.equal(comesIn(county), false, 'nobody has ever logged in from there');
  admission.loggedIn(slow);
  t.equal(comesIn(county), true);
});

t.test('a known source has few places for strangers while it is kept out', async (t) => {
  const { fail, logIn, comesIn, pass } = watch();
  logIn(county);
  for (let round = 0; round < 20; round += 1) fail(county, 6);
  const inside = Array.from({ length: 10 }, () => comesIn(county)).filter(Boolean).length;
  t.equal(inside, limits.knownSourceStrangersMax);
  pass(limits.knownSourceMsMax + 1);
  t.equal(comesIn(county), true, 'long over');
});

t.test('a login speaks for its source for a week and a day', async (t) => {
  const { fail, logIn, comesIn, pass } = watch();
  logIn(county);
  pass(limits.knownSourceMsMax);
  fail(county, 3);
  t.equal(comesIn(county), true);
  pass(15_001);
  fail(county, 3);
  t.equal(comesIn(county), false);
});

t.test('how a connection ended without a login is a failure, by its reason', async (t) => {
  const seconds: Readonly<Record<CloseReason, number>> = {
    'client-left': 1,
    'connection-lost': 1,
    'protocol-error': 5,
    'login-timeout': 10,
    'attempts-exceeded': 5,
    idle: 0,
    stalled: 0,
    administrator: 0,
    expired: 0,
    'server-stopping': 0,
    'worker-lost': 0,
  };
  t.same(Object.keys(seconds).toSorted(), closeReasons.toSorted());
  for (const reason of closeReasons) {
    const { knock, admission, comesIn } = watch();
    let owed = 0;
    for (let count = 0; count < 15; count += 1) {
      const id = knock(county);
      if (!id.startsWith('connection ')) break;
      admission.left(id, reason);
      owed += seconds[reason];
    }
    t.equal(comesIn(county), owed < 15, `${reason}: ${owed} s`);
    const [penalty] = admission.penalties.list();
    t.equal(
      penalty === undefined ? 0 : penalty.untilMs - Date.UTC(2030, 0, 1),
      owed < 15 ? 0 : owed * 1_000,
    );
  }
});

t.test('who tried owes for that, and not for leaving besides', async (t) => {
  const { knock, admission, time } = watch();
  const id = knock(county);
  for (let count = 0; count < 3; count += 1) admission.loginRefused(id, 'user-unknown');
  admission.left(id, 'attempts-exceeded');
  t.equal(admission.penalties.list()[0]?.untilMs, time.wallMs + 15_000);
});

// No oracle: were a refusal of an unknown user dearer or cheaper, the ban would tell who exists.
t.test('every refused proof costs the same', async (t) => {
  const reasons: readonly FaultCode[] = [
    'user-unknown',
    'user-disabled',
    'user-expired',
    'account-locked',
    'address-not-allowed',
    'method-not-allowed',
    'key-unknown',
    'signature-invalid',
    'password-wrong',
    'proof-malformed',
  ];
  for (const reason of reasons) {
    const { fail, admission, time } = watch();
    fail(county, 3, reason);
    t.equal(admission.penalties.list()[0]?.untilMs, time.wallMs + 15_000, reason);
  }
});

t.test('what a logged-in connection does is no failure of a stranger', async (t) => {
  const { knock, admission, comesIn } = watch();
  for (let count = 0; count < 10; count += 1) {
    const id = knock(county);
    admission.loggedIn(id);
    admission.loginRefused(id, 'password-wrong');
    admission.left(id, 'protocol-error');
  }
  t.equal(comesIn(county), true);
  t.same(admission.penalties.list(), []);
});

t.test('an allowed monitor is refused at the total and nowhere else', async (t) => {
  const call = fc.constantFrom('fail', 'stay', 'garbage', 'crowd', 'late');
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), fc.boolean(), (calls, isIpv6) => {
      const { knock, admission, fail, told } = watch({
        limits: { connectionsMax: 300, unauthenticatedConnectionsMax: 20 },
        allowedMonitors: ['192.0.2.128/25', '2001:db8::/32'],
      });
      const monitor = isIpv6 ? '2001:db8::7' : '::ffff:192.0.2.200';
      for (const each of calls) {
        if (each === 'fail') fail(monitor, 6);
        if (each === 'crowd')
          for (let index = 0; index < 40; index += 1)
            knock(`10.0.${index}.${admission.connections % 256}`);
        if (each === 'stay') for (let count = 0; count < 4; count += 1) knock(monitor);
        if (each === 'garbage') admission.left(knock(monitor), 'protocol-error');
        if (each === 'late') admission.left(knock(monitor), 'login-timeout');
        const answer = knock(monitor);
        const isFull = admission.connections === 300 && !answer.startsWith('connection ');
        if (answer !== (isFull ? 'connections-exceeded' : answer)) return false;
        if (!isFull && !answer.startsWith('connection ')) return false;
      }
      return told.length === 0 && admission.strangers <= 20;
    }),
  );
  t.pass();
});

t.test('a place is given back exactly once, whatever is called', async (t) => {
  const call = fc.constantFrom('loggedIn', 'loginRefused', 'left');
  const connection = fc.tuple(fc.nat(3), fc.boolean(), fc.array(call, { maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(connection, { maxLength: 15 }), (connections) => {
      const { knock, admission } = watch({ allowedMonitors: ['10.0.0.2'] });
      let held = 0;
      let strangers = 0;
      const ids: string[] = [];
      for (const [host, again, calls] of connections) {
        const id = knock(`10.0.0.${host}`);
        if (!id.startsWith('connection ')) continue;
        ids.push(id);
        for (const name of again ? [...calls, ...calls] : calls) {
          if (name === 'left') admission.left(id, 'client-left');
          else if (name === 'loggedIn') admission.loggedIn(id);
          else admission.loginRefused(id, 'password-wrong');
        }
        if (calls.includes('left')) continue;
        held += 1;
        if (host !== 2 && !calls.includes('loggedIn')) strangers += 1;
      }
      const agrees = admission.connections === held && admission.strangers === strangers;
      for (const id of [...ids, ...ids, 'unknown']) admission.left(id, 'connection-lost');
      return agrees && admission.connections === 0 && admission.strangers === 0;
    }),
  );
  t.pass();
});

t.test('20,000 sources free nobody who is kept out, and make no county unknown', async (t) => {
  const bounds = { penaltySourcesMax: 500, connectionSourcesMax: 500 };
  const { fail, logIn, comesIn, admission } = watch({ limits: bounds });
  logIn(county);
  fail('198.51.100.1', 30);
  for (let index = 0; index < 20_000; index += 1)
    fail(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
  t.equal(admission.connections, 0);
  t.equal(comesIn('198.51.100.1'), false);
  fail(county, 3);
  t.equal(comesIn(county), true);
});

t.test('sources from which somebody has logged in: so many, the latest', async (t) => {
  const known = new KnownSources({ msMax: 1_000, sourcesMax: 500, now: () => 0 });
  for (let index = 0; index < 200_000; index += 1) {
    known.loggedIn(`source ${index}`);
    if (index % 400 === 0) known.loggedIn('often');
  }
  t.equal(known.size, 500);
  t.equal(known.has('often'), true);
  t.equal(known.has('source 199999'), true);
  t.equal(known.has('source 199000'), false);
});

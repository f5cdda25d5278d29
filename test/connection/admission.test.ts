import { connect } from 'node:net';
import t from 'tap';
import {
  createAdmission,
  dropChance,
  plainAddress,
  sourceGroup,
} from '../../server/connection/admission.ts';
import { connectionLimits } from '../../server/connection/own-limits.ts';
import { login, rawClient, serve, until } from './harness.ts';

const limits = {
  ...connectionLimits,
  connectionsMax: 50,
  unauthenticatedConnectionsMax: 20,
  unauthenticatedConnectionsPerSourceMax: 8,
};

t.test('strangers are dropped at random from a quarter of the maximum on', async (t) => {
  t.equal(dropChance(0, 200), 0);
  t.equal(dropChance(49, 200), 0);
  t.equal(dropChance(50, 200), 0);
  t.equal(dropChance(125, 200), 0.5);
  t.equal(dropChance(200, 200), 1);
  let draw = 1;
  const admission = createAdmission(limits, () => draw);
  for (let i = 0; i < 12; i += 1) t.ok(admission.admit(`10.0.0.${i}`));
  draw = 0.46;
  t.notOk(admission.admit('10.0.1.1'), '7 of 15 steps: 0.466');
  draw = 0.47;
  t.ok(admission.admit('10.0.1.1'));
});

t.test('at the maximum of strangers nobody comes in, however lucky', async (t) => {
  const admission = createAdmission(limits, () => 0.999999);
  for (let i = 0; i < 20; i += 1) t.ok(admission.admit(`10.0.0.${i}`));
  t.notOk(admission.admit('10.0.1.1'));
});

t.test('one source has its own maximum, and logins leave it', async (t) => {
  const admission = createAdmission(limits, () => 1);
  const places = Array.from({ length: 8 }, () => admission.admit('10.0.0.1'));
  t.notOk(admission.admit('10.0.0.1'));
  t.ok(admission.admit('10.0.0.2'), 'another is not kept out by it');
  places[0]?.loggedIn();
  t.ok(admission.admit('10.0.0.1'));
  t.notOk(admission.admit('10.0.0.1'));
  t.equal(admission.count, 10);
  for (const place of places) {
    place?.release();
    place?.release();
    place?.loggedIn();
  }
  t.equal(admission.count, 2, 'however often a place is released');
});

t.test('logged-in connections count to the total', async (t) => {
  const admission = createAdmission(limits, () => 1);
  for (let i = 0; i < 50; i += 1) admission.admit('10.0.0.1')?.loggedIn();
  t.notOk(admission.admit('10.0.0.2'));
});

t.test('an IPv6 source is its /64, and a mapped IPv4 address is IPv4', async (t) => {
  t.equal(sourceGroup('2001:db8:1:2:3:4:5:6'), sourceGroup('2001:db8:1:2::9'));
  t.not(sourceGroup('2001:db8:1:2::1'), sourceGroup('2001:db8:1:3::1'));
  t.equal(sourceGroup('::1'), '0:0:0:0');
  t.equal(sourceGroup('fe80::1%eth0'), 'fe80:0:0:0');
  t.equal(sourceGroup('192.0.2.1'), '192.0.2.1');
  t.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
});

// A refused socket gets not even our identification string: nothing was computed for it.
t.test('who is not admitted is closed without a word, and a place freed is a place', async (t) => {
  const served = await serve(t, { limits: { unauthenticatedConnectionsPerSourceMax: 2 } });
  const first = await rawClient(t, served);
  await rawClient(t, served);
  const refused = connect(served.port, '127.0.0.1');
  let heard = 0;
  refused.on('data', (data) => (heard += data.length)).on('error', () => undefined);
  await new Promise((resolve) => refused.on('close', resolve));
  t.equal(heard, 0);
  first.socket.destroy();
  await until(() => served.listener.connections === 1);
  await login(t, served);
  await login(t, served);
  t.equal(served.listener.connections, 3, 'logins do not use up places of strangers');
});

import t, { type Test } from 'tap';
import type { ForwarderStatus } from '../../server/forwarding/forwarder.ts';
import type { Degradation } from '../../server/domain/degradation.ts';
import { Fault } from '../../server/domain/faults.ts';
import { openApi } from './fixtures/api.ts';

const failing: ForwarderStatus = {
  name: 'syslog',
  destination: 'tls://siem.example.ca.gov:6514',
  state: 'failing',
  lastSeq: 40,
  lagRows: 2,
  waitingSinceMs: Date.UTC(2029, 11, 31),
  lastError: 'down',
  failingSinceMs: Date.UTC(2030, 0, 1),
  rowsDelivered: 39,
  failures: 4,
};

const none = async () => {
  throw new Fault('not-found', 'nothing is checked here');
};

async function openWith(t: Test) {
  const changes: unknown[] = [];
  const degraded: Degradation[] = [];
  const { app: _app, ...world } = await openApi(t, {
    operations: {
      tail: { follow: () => () => undefined, lastSeq: 0 },
      metrics: {
        contentType: 'text/plain; version=0.0.4; charset=utf-8',
        text: async () => 'waybill_ready 1\n',
      },
      forwarders: {
        list: async () => [failing],
        get: async (name) => {
          if (name !== 'syslog') throw new Fault('not-found', 'no such forwarder');
          return failing;
        },
        change: async ({ actor }, name, wanted) => {
          changes.push([actor.kind, name, wanted]);
          return { ...failing, state: 'paused' };
        },
      },
      checkpoints: { check: { whole: none, recent: none, last: async () => [] } },
      degraded: async () => degraded,
    },
  });
  return { ...world, changes, degraded };
}

t.test('metrics are for a key of their scope, and a scrape makes no row', async (t) => {
  const { call, keyWith, ledgerRows } = await openWith(t);
  t.equal((await call('GET', '/metrics', undefined, { key: null })).status, 401);
  const other = await keyWith(['audit:read']);
  t.equal((await call('GET', '/metrics', undefined, { key: other })).status, 403);
  const key = await keyWith(['metrics:read']);
  const before = (await ledgerRows()).length;
  const answer = await call('GET', '/metrics', undefined, { key });
  t.equal(answer.status, 200);
  t.equal(answer.text, 'waybill_ready 1\n');
  t.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
  t.equal((await ledgerRows()).length, before);
});

t.test('forwarders are seen, paused and set back', async (t) => {
  const { call, keyWith, changes } = await openWith(t);
  const shown = {
    name: 'syslog',
    destination: 'tls://siem.example.ca.gov:6514',
    state: 'failing',
    lastSeq: 40,
    lagRows: 2,
    waitingSince: '2029-12-31T00:00:00.000Z',
    lastError: 'down',
    failingSince: '2030-01-01T00:00:00.000Z',
    rowsDelivered: 39,
    failures: 4,
  };
  t.same((await call('GET', '/v1/forwarders')).body, { items: [shown], nextCursor: null });
  t.same((await call('GET', '/v1/forwarders/syslog')).body, shown);
  t.equal((await call('GET', '/v1/forwarders/other')).status, 404);
  const wanted = { paused: true, lastSeq: 0 };
  const paused = await call('PATCH', '/v1/forwarders/syslog', wanted);
  t.equal(paused.body.state, 'paused');
  t.same(changes, [['admin', 'syslog', wanted]]);
  const bad = [{ paused: 'yes' }, { lastSeq: -1 }, { lastSeq: 1.5 }, { destination: 'x' }];
  for (const body of bad) {
    const answer = await call('PATCH', '/v1/forwarders/syslog', body);
    t.equal(answer.status, 400, JSON.stringify(body));
  }
  const key = await keyWith(['forwarders:read']);
  t.equal((await call('PATCH', '/v1/forwarders/syslog', wanted, { key })).status, 403);
  t.equal(changes.length, 1);
});

// Whoever reached the listener could read which receiver was down and how full the disk was.
t.test(
  'readiness names what is degraded to all, tells a key what it is, and stays ready',
  async (t) => {
    const { call, degraded, keyWith, ledgerRows } = await openWith(t);
    degraded.push({ part: 'disk', words: 'the disk is nearly full; uploads are refused soon' });
    degraded.push({ part: 'forwarding', words: 'the ledger cannot be forwarded to syslog' });
    degraded.push({ part: 'forwarding', words: 'forwarding of the ledger to webhook is paused' });
    const readyz = (key: string | null) => call('GET', '/readyz', undefined, { key });
    const answer = await readyz(null);
    t.equal(answer.status, 200);
    t.same(answer.body, { ready: true, reasons: [], degraded: ['disk', 'forwarding'] });
    const key = await keyWith(['audit:read']);
    const rows = (await ledgerRows()).length;
    t.same(
      (await readyz(key)).body.degraded,
      degraded.map(({ words }) => words),
    );
    t.equal((await ledgerRows()).length, rows, 'it makes no row');
    const wrong = await readyz(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`);
    t.equal(wrong.status, 200);
    t.same(wrong.body.degraded, ['disk', 'forwarding']);
  },
);

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

void t.test('host keys: list, add, use', async (t) => {
  const directory = t.testdir();
  const keys = join(directory, 'keys');
  const env = { WAYBILL_DATA_DIR: join(directory, 'data'), WAYBILL_KEYS_DIR: keys };
  const none = await waybill(['host-key', 'list'], { env });
  t.match(none, { status: 0, out: '', err: /no host key; `waybill init`/ });
  await waybill(['init'], { env });
  t.match(await waybill(['host-key', 'use', '-y'], { env }), { status: 1, err: /is not there/ });

  const added = await waybill(['host-key', 'add'], { env });
  t.match(added, {
    status: 0,
    out: /host_ed25519\.next\n +SHA256:/,
    err: /once clients have learnt/,
  });
  t.match(await waybill(['host-key', 'add'], { env }), { status: 1, err: /waits to be used/ });
  const ecdsa = await waybill(['host-key', 'add', '--type', 'ecdsa', '--json'], { env });
  t.match(JSON.parse(ecdsa.out), {
    kind: 'ecdsa',
    role: 'in-use',
    publicKey: /^ecdsa-sha2-nistp384 /,
  });
  t.match(ecdsa.err, /uses it from then on/);
  const listed = await waybill(['host-key', 'list'], { env });
  t.match(listed.out, /ed25519 +in-use +SHA256:\S+ +\S+host_ed25519\n/);
  t.match(listed.out, /ed25519 +next +SHA256:/);
  const json = await waybill(['host-key', 'list', '--json'], { env });
  t.equal((JSON.parse(json.out) as object[]).length, 3);

  const no = await waybill(['host-key', 'use'], { env, typed: ['n\n'] });
  t.not(no.status, 0);
  const used = await waybill(['host-key', 'use', '--yes'], { env });
  t.match(used, {
    status: 0,
    out: /in use +\S+host_ed25519\nretired +\S+\.retired-20261122T120000Z/,
  });
  t.notOk(existsSync(join(keys, 'host_ed25519.next')));
  await waybill(['host-key', 'add'], { env });
  const again = await waybill(['host-key', 'use', '-y', '--json'], { env });
  t.match(JSON.parse(again.out), { used: join(keys, 'host_ed25519') });
});

void t.test('older algorithms: report, grant, show, end', async (t) => {
  const grant = {
    agency: 'alameda',
    allowedCidrs: ['192.0.2.8/29'],
    reason: 'batch host',
    expiresAt: '2027-02-20T12:00:00.000Z',
    grantedAt: '2026-11-22T12:00:00.000Z',
  };
  const uses = [
    {
      agency: 'alameda',
      grant,
      users: [
        {
          username: 'amy',
          logins: 7,
          lastAt: '2026-11-21T12:00:00.000Z',
          lastFrom: '192.0.2.9:4',
          client: 'SSH-2.0-JSCH-0.1.54',
          algorithms: { kex: 'ecdh-sha2-nistp256' },
        },
      ],
    },
    { agency: 'kern', grant: null, users: [] },
  ];
  const path = '/v1/agencies/alameda/legacy-interop';
  const api = await fakeApi({
    [`PUT ${path}`]: { json: grant },
    [`GET ${path}`]: { json: grant },
    [`DELETE ${path}`]: { status: 204 },
    'GET /v1/legacy-interop?limit=500': { json: { items: uses, nextCursor: null } },
    'GET /v1/legacy-interop?agency=lake&limit=500': { json: { items: [], nextCursor: null } },
  });
  t.teardown(() => api.close());
  const { env } = api;
  const given = ['--cidr', '192.0.2.8/29', '--until', '90d', '--reason', 'batch host'];
  const made = await waybill(['legacy-interop', 'grant', 'alameda', ...given], { env });
  t.match(made, { status: 0, out: /allowedCidrs: +192\.0\.2\.8\/29/ }, made.err);
  t.same(api.seen[0]?.body, {
    allowedCidrs: ['192.0.2.8/29'],
    reason: 'batch host',
    expiresAt: '2027-02-20T12:00:00.000Z',
  });
  t.match(await waybill(['legacy-interop', 'show', 'alameda'], { env }), { out: /batch host/ });
  const report = await waybill(['legacy-interop', 'report'], { env });
  t.match(report.out, /alameda .*192\.0\.2\.8\/29 +amy +7 .*ecdh-sha2-nistp256 +SSH-2\.0-JSCH/);
  t.match(report.out, /kern +no grant +- +nobody/);
  const json = await waybill(['legacy-interop', 'report', '--json'], { env });
  t.same(JSON.parse(json.out), uses);
  t.match(await waybill(['legacy-interop', 'report', '--agency', 'lake'], { env }), {
    out: '',
    err: /no agency may use older algorithms/,
  });
  t.match(await waybill(['legacy-interop', 'end', 'alameda', '-y'], { env }), {
    status: 0,
    err: /no more/,
  });
  t.equal(api.seen.at(-1)?.method, 'DELETE');
});

// What becomes of changes that nobody decided, and of those that were decided long ago.
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createAdminKeys } from '../../server/accounts/admin-keys.ts';
import { createPendingChanges } from '../../server/accounts/pending-changes.ts';
import type { Origin } from '../../server/domain/events.ts';
import { limits } from '../../server/domain/limits.ts';
import { ledger } from '../fixtures/ledger.ts';
import { freshDatabase } from '../fixtures/database.ts';

const dayMs = 24 * 60 * 60_000;
const change = {
  action: 'admin-keys.create',
  scope: 'admin-keys:write',
  method: 'POST',
  url: '/v1/admin-keys',
  ifMatch: null,
  contentType: 'application/json',
  body: '{}',
};

// A sweep took 500 of them, and the next one came a day later: what was left was kept for longer than was said.
t.test('a sweep forgets all that is due', async (t) => {
  const clock = { nowMs: Date.UTC(2030, 0, 1) };
  const database = freshDatabase(t, () => clock.nowMs);
  const host: Origin = { actor: { kind: 'host' }, session: null, source: null };
  const { key } = await createAdminKeys({ database, ledger, randomBytes }).createAdminKey(host, {
    name: 'ops',
    scopes: ['*'],
    expiresAtMs: null,
    allowedCidrs: [],
  });
  const origin: Origin = {
    actor: { kind: 'admin', keyId: key.id, name: 'ops' },
    session: 'r',
    source: null,
  };
  const changes = createPendingChanges({
    database,
    ledger,
    randomBytes,
    limits: { ...limits, pendingChangesPerKeyMax: 10_000 },
  });
  const count = 1_201;
  for (let made = 0; made < count; made += 1) await changes.request(origin, change);
  const bodies = async () => {
    const rows = await database.read(({ query }) =>
      query.selectFrom('pending_changes').select('body').execute(),
    );
    return { rows: rows.length, kept: rows.filter(({ body }) => body !== null).length };
  };
  clock.nowMs += dayMs;
  t.equal(await changes.sweep(), 0);
  t.strictSame(await bodies(), { rows: count, kept: 0 });
  clock.nowMs += 90 * dayMs;
  t.equal(await changes.sweep(), count);
  t.strictSame(await bodies(), { rows: 0, kept: 0 });
});

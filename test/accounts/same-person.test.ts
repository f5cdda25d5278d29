// Two keys count as two people only where nobody can have had the secrets of both.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { createAdminKeys } from '../../server/accounts/admin-keys.ts';
import { isSamePerson } from '../../server/accounts/same-person.ts';
import type { Origin } from '../../server/domain/events.ts';
import { ledger } from '../fixtures/ledger.ts';
import { freshDatabase } from '../fixtures/database.ts';

const all = { name: 'ops', scopes: ['*'], expiresAtMs: null, allowedCidrs: [] };
const host: Origin = { actor: { kind: 'host' }, session: null, source: null };

function by(keyId: string, approver?: string): Origin {
  const approvedBy = approver === undefined ? {} : { approvedBy: { keyId: approver, name: 'ops' } };
  return {
    actor: { kind: 'admin', keyId, name: 'ops', ...approvedBy },
    session: 'r',
    source: null,
  };
}

/** Makes and rotates keys, and keeps book of who was ever told the secret of which: people, by the key they began with. */
function openRing(t: Test) {
  const database = freshDatabase(t);
  const keys = createAdminKeys({ database, ledger, randomBytes });
  const knownTo = new Map<string, Set<string>>();
  const tell = (keyId: string, teller: string) =>
    knownTo.set(keyId, new Set([...(knownTo.get(keyId) ?? []), ...knownTo.get(teller)!]));
  return {
    knownTo,
    issue: async () => {
      const { key } = await keys.createAdminKey(host, all);
      knownTo.set(key.id, new Set([key.id]));
      return key.id;
    },
    make: async (maker: string, approver?: string) => {
      const { key } = await keys.createAdminKey(by(maker, approver), all);
      tell(key.id, approver ?? maker);
      return key.id;
    },
    rotate: async (rotator: string, keyId: string, approver?: string) => {
      await keys.rotateAdminKey(by(rotator, approver), keyId, 0);
      tell(keyId, approver ?? rotator);
    },
    same: (one: string, other: string) =>
      database.read((reader) => isSamePerson(reader, one, other)),
  };
}

type Step = {
  readonly kind: 'make' | 'rotate';
  readonly who: number;
  readonly what: number;
  readonly approver: number | null;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('make', 'rotate'),
  who: fc.nat(),
  what: fc.nat(),
  approver: fc.option(fc.nat()),
});

t.test('whoever was ever told the secrets of both keys is one person', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { issue, make, rotate, same, knownTo } = openRing(t);
      const ids = [await issue(), await issue(), await issue()];
      const at = (index: number) => ids[index % ids.length]!;
      for (const { kind, who, what, approver } of steps) {
        const second = approver === null ? undefined : at(approver);
        if (kind === 'make') ids.push(await make(at(who), second));
        else await rotate(at(who), at(what), second);
      }
      for (const one of ids)
        for (const other of ids) {
          const isSame = await same(one, other);
          const isShared = [...knownTo.get(one)!].some((person) => knownTo.get(other)!.has(person));
          if (isShared && !isSame) throw new Error(`${one} and ${other} were in one hand`);
          if (isSame !== (await same(other, one))) throw new Error('it depends on the order');
        }
    }),
    { numRuns: 25 },
  );
});

t.test('keys from the host are as many people', async (t) => {
  const { issue, make, same } = openRing(t);
  const [amy, ben, eve] = [await issue(), await issue(), await issue()];
  t.equal(await same(amy, ben), false);
  t.equal(await same(amy, amy), true);
  const ofAmy = await make(amy);
  const ofBen = await make(ben);
  t.equal(await same(ofAmy, ofBen), false, 'as are those that they made');
  t.equal(await same(ofAmy, amy), true);
  const ofBoth = await make(amy, ben);
  t.equal(await same(ofBoth, ofAmy), true, 'who asks counts too');
  t.equal(await same(ofBoth, ofBen), true);
  t.equal(await same(ofBoth, eve), false);
});

t.test('what comes from too many to look at may be anybody', async (t) => {
  const database = freshDatabase(t);
  const row = (id: string, issuedBy: readonly string[]) => ({
    id,
    name: 'ops',
    secret_hash: randomBytes(32),
    scopes: '["*"]',
    allowed_cidrs: '[]',
    expires_at: null,
    created_at: 1,
    updated_at: 1,
    last_used_at: null,
    last_used_from: null,
    removed_at: null,
    agency_id: null,
    created_by: null,
    issued_by: JSON.stringify(issuedBy),
    former_secret_hash: null,
    former_secret_until: null,
    rotated_at: null,
  });
  const many = Array.from({ length: 1_001 }, (_, index) => `gone-${index}`);
  await database.write(async ({ query }) => {
    await query
      .insertInto('admin_keys')
      .values([row('lone', []), row('few', many.slice(0, 900)), row('many', many)])
      .execute();
  });
  const same = (id: string) => database.read((reader) => isSamePerson(reader, id, 'lone'));
  t.equal(await same('few'), false);
  t.equal(await same('many'), true);
});

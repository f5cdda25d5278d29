// Every change is written by its request, so that what the request asks to hold (an ETag, a second person) holds in it.
import t, { type Test } from 'tap';
import type { Accounts } from '../../server/accounts/accounts.ts';
import { UnitGuards } from '../../server/database/guards.ts';
import type { Database } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import { lockouts } from '../../server/domain/limits.ts';
import { Secret, TOTP } from 'otpauth';
import { admin, openAccounts, type World } from './fixtures/accounts.ts';
import { testKey } from './fixtures/keys.ts';

type Guarded = World & { readonly guards: UnitGuards };

/** Accounts whose database is guarded; `ann` of alpine is locked. */
async function openGuarded(t: Test): Promise<Guarded> {
  const guards = new UnitGuards();
  // The accounts are made with the database that is made with them.
  const inner = {} as Database;
  const world = await openAccounts(t, {
    database: guards.over(inner),
    lockout: lockouts.pub1075,
  });
  Object.assign(inner, world.database);
  const { accounts } = world;
  await accounts.createAgency(admin, { code: 'alpine', name: 'Alpine', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'ann', agency: 'alpine', displayName: 'Ann' });
  return { ...world, guards };
}

type Change = (world: Guarded) => Promise<() => Promise<unknown>>;

const revocation = {
  kind: 'key-id',
  value: 'ann@laptop',
  authority: null,
  reason: 'lost',
} as const;
const addCa = (accounts: Accounts) =>
  accounts.addUserCa(admin, 'alpine', { publicKey: testKey('ed25519', 4).line });

/** What comes before a change, and the change. */
const changes: Readonly<Record<string, Change>> = {
  'an authority is added':
    async ({ accounts }) =>
    () =>
      addCa(accounts),
  'an authority is changed': async ({ accounts }) => {
    const { id } = await addCa(accounts);
    return () => accounts.changeUserCa(admin, 'alpine', id, { label: 'new' });
  },
  'an authority is removed': async ({ accounts }) => {
    const { id } = await addCa(accounts);
    return () => accounts.removeUserCa(admin, 'alpine', id);
  },
  'a certificate is revoked':
    async ({ accounts }) =>
    () =>
      accounts.revokeCertificate(admin, 'alpine', revocation),
  'a certificate is reinstated': async ({ accounts }) => {
    const { id } = await accounts.revokeCertificate(admin, 'alpine', revocation);
    return () => accounts.removeRevocation(admin, 'alpine', id);
  },
  'a user is unlocked': async ({ accounts, database }) => {
    for (let count = 0; count < 3; count += 1)
      await database.write((unit) =>
        accounts.recordFailure(unit, {
          username: 'ann',
          source: '192.0.2.10:50000',
          isTyped: true,
        }),
      );
    return () => accounts.unlockUser(admin, 'ann');
  },
  'one-time codes are begun':
    async ({ accounts }) =>
    () =>
      accounts.enrolTotp(admin, 'ann'),
  'one-time codes are taken into use': async (world) => {
    const { text } = await world.accounts.enrolTotp(admin, 'ann');
    return () => world.accounts.confirmTotp(admin, 'ann', codeOf(world, text));
  },
  'recovery codes are made anew': async (world) => {
    const { accounts } = world;
    const { text } = await accounts.enrolTotp(admin, 'ann');
    await accounts.confirmTotp(admin, 'ann', codeOf(world, text));
    return () => accounts.makeRecoveryCodes(admin, 'ann');
  },
  'one-time codes are removed': async ({ accounts }) => {
    await accounts.enrolTotp(admin, 'ann');
    return () => accounts.removeTotp(admin, 'ann');
  },
};

function codeOf({ clock }: World, text: string): string {
  return new TOTP({ secret: Secret.fromBase32(text) }).generate({ timestamp: clock.nowMs });
}

for (const [name, prepare] of Object.entries(changes))
  t.test(`${name}: not where what its request asks for does not hold`, async (t) => {
    const world = await openGuarded(t);
    const change = await prepare(world);
    const before = await world.ledgerRows();
    const session = admin.session!;
    world.guards.hold(session, [
      {
        before: async () => {
          throw new Fault('precondition-failed');
        },
      },
    ]);
    await t.rejects(change(), { code: 'precondition-failed' });
    t.notOk(world.guards.release(session));
    t.same(await world.ledgerRows(), before);
    await change();
    t.ok((await world.ledgerRows()).length > before.length);
  });

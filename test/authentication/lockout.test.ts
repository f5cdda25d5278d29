// The lock of an account after failed logins, over connections, restarts and clock steps (Pub 1075 AC-7, compliance.md C04).
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { createAccounts } from '../../server/accounts/accounts.ts';
import { createSealing } from '../../server/files/vault.ts';
import { createPasswordHashing } from '../../server/accounts/password-hashing.ts';
import { createAuthentication } from '../../server/authentication/authentication.ts';
import { limits, lockouts } from '../../server/domain/limits.ts';
import { Fault } from '../../server/domain/faults.ts';
import { type Ledger } from '../../server/ledger/ledger.ts';
import { ledger } from '../fixtures/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import {
  openDesk,
  password,
  refusals,
  refusedAlike,
  signatureProof,
  type Desk,
} from './fixtures/logins.ts';

const key = testKey('ed25519');
const other = testKey('ed25519', 1);
const right = { kind: 'password', password } as const;
const wrong = { kind: 'password', password: 'wrong horse battery staple' } as const;
const minuteMs = 60_000;
const { pub1075, baseline } = lockouts;

/** `ann` logs in with a key or a password. */
async function withPassword(desk: Desk): Promise<Desk> {
  await desk.accounts.setPassword(admin, 'ann', password);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey'], ['password']] });
  return desk;
}

async function fail(desk: Desk, times: number, username = 'ann'): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    const reply = await (await desk.connect()).try(username, wrong);
    if (!isDeepStrictEqual(reply, refusedAlike)) throw new Error(JSON.stringify(reply));
  }
}

async function isLocked({ accounts }: Desk): Promise<boolean> {
  return (await accounts.listLocks({ limit: 10 })).items.length > 0;
}

async function failedLogins({ accounts }: Desk): Promise<number> {
  return (await accounts.lockStatesOf(['ann'])).get('ann')?.failedLogins ?? 0;
}

function rowsOf({ database }: Desk) {
  return database.read(({ query }) =>
    query.selectFrom('login_failures').selectAll().where('user_id', '<>', '').execute(),
  );
}

async function events(desk: Desk, name: string): Promise<Record<string, unknown>[]> {
  return (await desk.ledgerRows()).filter((row) => row['event'] === name);
}

t.test('pub1075: three failures within two hours lock for a quarter of an hour', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  const { clock } = desk;
  const begunMs = clock.nowMs;
  await fail(desk, 1);
  clock.nowMs += 119 * minuteMs;
  await fail(desk, 1);
  clock.nowMs += minuteMs;
  t.equal(await failedLogins(desk), 1, 'the first is two hours old');
  await fail(desk, 1);
  t.notOk(await isLocked(desk));
  t.equal(clock.nowMs, begunMs + 120 * minuteMs);
  await fail(desk, 1);
  t.match((await desk.accounts.listLocks({ limit: 10 })).items, [
    {
      username: 'ann',
      agency: 'alpine',
      failedLogins: 3,
      lockedAtMs: clock.nowMs,
      lockedUntilMs: clock.nowMs + 15 * minuteMs,
    },
  ]);
  const offer = { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: key.blob } as const;
  t.same(await (await desk.connect()).try('ann', right), refusedAlike, 'the right password');
  t.same(await (await desk.connect()).sign(key), refusedAlike, 'the right key');
  t.same(await (await desk.connect()).try('ann', offer), refusedAlike, 'not even an offer tells');
  t.same((await refusals(desk)).slice(-3), Array(3).fill('account-locked'));
  const rows = await desk.ledgerRows();
  const locked = rows.findIndex((row) => row['event'] === 'user.locked.1');
  t.match(rows[locked], {
    username: 'ann',
    agency: 'alpine',
    failures: 3,
    methods: ['publickey', 'password', 'totp'],
    reason: 'account-locked',
    until: new Date(clock.nowMs + 15 * minuteMs).toISOString(),
    actor: { kind: 'server' },
    source: '192.0.2.10:50000',
  });
  t.match(rows[locked - 1], { event: 'login.refused.1', reason: 'password-wrong' });
  clock.nowMs += 15 * minuteMs - 1;
  t.same(await (await desk.connect()).try('ann', right), refusedAlike);
  clock.nowMs += 1;
  t.notOk(await isLocked(desk));
  t.equal(await failedLogins(desk), 0);
  await fail(desk, 2);
  t.notOk(await isLocked(desk), 'it counts anew after a lock');
  t.match(await (await desk.connect()).try('ann', right), { kind: 'accepted' });
  t.equal((await events(desk, 'user.locked.1')).length, 1);
});

t.test('attempts during a lock do not prolong it', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await fail(desk, 3);
  for (let minute = 0; minute < 15; minute += 1) {
    await fail(desk, 3);
    desk.clock.nowMs += minuteMs;
  }
  t.match(await (await desk.connect()).try('ann', right), { kind: 'accepted' });
  t.equal((await events(desk, 'user.locked.1')).length, 1);
});

t.test('a success resets the count of what it proves', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await fail(desk, 2);
  t.match(await (await desk.connect()).try('ann', right), { kind: 'accepted' });
  t.equal(await failedLogins(desk), 0);
  t.same(await rowsOf(desk), []);
  await fail(desk, 2);
  t.notOk(await isLocked(desk));
});

t.test('a job that logs in by its key lets nobody guess the password for ever', async (t) => {
  // Each of its logins forgot the guesses before, so whoever guessed twice between two of them was never locked out.
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await fail(desk, 1);
  await (await desk.connect()).sign(other);
  t.equal(await failedLogins(desk), 2);
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.equal(await failedLogins(desk), 1, 'the key is forgotten, the guess is not');
  await (await desk.connect()).sign(other);
  await fail(desk, 1);
  t.ok(await isLocked(desk), 'three in all');
  desk.clock.nowMs += pub1075.lockMs;
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.equal(await failedLogins(desk), 0, 'a lock that is over leaves nothing');

  await fail(desk, 2);
  desk.clock.nowMs += pub1075.windowMs;
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.same(await rowsOf(desk), [], 'nor do guesses that are too old to count');
});

t.test('a login with a key and a password forgets both', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await fail(desk, 1);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  await (await desk.connect()).sign(other);
  const client = await desk.connect();
  await client.sign(key);
  t.match(await client.try('ann', right), { kind: 'accepted' });
  t.equal(await failedLogins(desk), 0);
});

t.test('baseline: a lock refuses passwords, and a signature that verifies passes it', async (t) => {
  const desk = await withPassword(await openDesk(t));
  await fail(desk, baseline.failuresMax - 1);
  t.notOk(await isLocked(desk));
  await fail(desk, 1);
  t.ok(await isLocked(desk));
  t.match(await events(desk, 'user.locked.1'), [{ failures: 10, methods: ['password', 'totp'] }]);
  t.same(await (await desk.connect()).try('ann', right), refusedAlike);
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.ok(await isLocked(desk), 'which does not lift it');
  t.same(await (await desk.connect()).try('ann', right), refusedAlike);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  const client = await desk.connect();
  t.match(await client.sign(key), {
    kind: 'refused',
    methods: ['password', 'keyboard-interactive'],
    partial: true,
  });
  t.match(await client.try('ann', right), { kind: 'refused', partial: false });
  desk.clock.nowMs += baseline.lockMs;
  const later = await desk.connect();
  await later.sign(key);
  t.match(await later.try('ann', right), { kind: 'accepted' });
});

t.test('a lock that signatures made is not lifted by one that passes it', async (t) => {
  const desk = await withPassword(await openDesk(t));
  for (let failed = 0; failed < baseline.failuresMax; failed += 1) {
    const forger = await desk.connect();
    const proof = signatureProof(key, forger.sshSessionId);
    await forger.try('ann', { ...proof, signature: new Uint8Array(64) });
  }
  t.ok(await isLocked(desk));
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
  t.ok(await isLocked(desk));
});

t.test('who cannot have the proof does not lock out who can', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await desk.accounts.changeUser(admin, 'ann', { allowedCidrs: ['192.0.2.0/24'] });
  for (let count = 0; count < 5; count += 1) {
    const stranger = await desk.connect({ address: '198.51.100.7' });
    await stranger.try('ann', wrong);
    await stranger.sign(other);
  }
  t.equal(await failedLogins(desk), 0, 'not from an address where nobody may log in');
  await desk.accounts.changeUser(admin, 'ann', {
    allowedCidrs: [],
    loginMethods: [['publickey', 'password']],
  });
  await fail(desk, 5);
  t.equal(
    await failedLogins(desk),
    0,
    'not by a password before the key, or that is not asked for',
  );
  t.notOk(await isLocked(desk));
});

t.test('what counts: failed proofs, not offers, and strange keys once a connection', async (t) => {
  const desk = await openDesk(t, {}, { lockout: pub1075 });
  const wrongOffer = { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: other.blob } as const;
  const offering = await desk.connect();
  for (let count = 0; count < 10; count += 1) {
    await offering.try('ann', wrongOffer);
    await offering.try('ann', { kind: 'none' });
  }
  await (await desk.connect()).try('ann', { kind: 'unusable', method: 'keyboard-interactive' });
  await (await desk.connect()).try('ann', { kind: 'password', password: '\0' });
  t.equal(await failedLogins(desk), 0);
  const agent = await desk.connect();
  for (let count = 0; count < 4; count += 1) t.same(await agent.sign(other), refusedAlike);
  t.equal(await failedLogins(desk), 1, 'an agent full of keys is one attempt');
  t.match(await agent.sign(key), { kind: 'accepted' });
  t.equal(await failedLogins(desk), 0);
  const forger = await desk.connect();
  const proof = signatureProof(key, forger.sshSessionId);
  for (let count = 0; count < 3; count += 1)
    t.same(await forger.try('ann', { ...proof, signature: new Uint8Array(64) }), refusedAlike);
  t.ok(await isLocked(desk), 'each failed signature counts');
});

t.test('a locked user, an unknown one and a wrong proof look and cost the same', async (t) => {
  const hashed: string[] = [];
  const desk = await withPassword(
    await openDesk(
      t,
      ({ accounts, database }) => ({
        accounts: {
          ...accounts,
          verifyPassword: (hash, text) => {
            hashed.push(hash === null ? 'decoy' : 'hash');
            return accounts.verifyPassword(hash, text);
          },
        },
        database: {
          ...database,
          write: (work) => {
            hashed.push('commit');
            return database.write(work);
          },
        },
      }),
      { lockout: pub1075 },
    ),
  );
  await fail(desk, 3);
  await desk.accounts.createUser(admin, { username: 'bob', agency: 'alpine', displayName: 'Bob' });
  await desk.accounts.setPassword(admin, 'bob', password);
  await desk.accounts.changeUser(admin, 'bob', { loginMethods: [['password']] });
  const seen = async (username: string) => {
    hashed.length = 0;
    desk.pauses.length = 0;
    const client = await desk.connect();
    const replies = [await client.try(username, wrong), await client.try(username, wrong)];
    return {
      replies,
      pauses: desk.pauses.length,
      work: hashed.map((each) => each.replace('decoy', 'hash')),
    };
  };
  const unknown = await seen('nobody');
  t.same(unknown.work, ['hash', 'commit', 'hash', 'commit']);
  t.same(unknown.replies, [refusedAlike, refusedAlike]);
  t.same(await seen('ann'), unknown, 'locked');
  t.same(await seen('bob'), unknown, 'not locked');
});

t.test('strangers make no rows', async (t) => {
  const desk = await openDesk(t, {}, { lockout: pub1075 });
  for (let count = 0; count < 20; count += 1) await fail(desk, 1, `nobody${count}`);
  const rows = await desk.database.read(({ query }) =>
    query.selectFrom('login_failures').selectAll().execute(),
  );
  t.equal(rows.length, 1);
  t.match(rows, [{ user_id: '', locked_at: null }]);
  t.ok(rows[0]!.failed_at.length < 100, 'nor does the one grow');
  t.ok(rows[0]!.typed_at.length < 100);
  t.same(await events(desk, 'user.locked.1'), []);
  t.same((await desk.accounts.listLocks({ limit: 10 })).items, []);
});

t.test('attempts at once pass the count by no more than are under way', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  const guesses = 24;
  const clients = await Promise.all(
    Array.from({ length: guesses }, (_, index) =>
      desk.connect({ address: `192.0.2.${index + 1}` }),
    ),
  );
  await Promise.all(clients.map((client) => client.try('ann', wrong)));
  t.equal((await events(desk, 'user.locked.1')).length, 1, 'one lock');
  t.equal(await failedLogins(desk), 3);
  // The right word behind 23 wrong ones that are looked at before it: its acceptance finds the lock.
  await desk.accounts.unlockUser(admin, 'ann');
  const again = await Promise.all(Array.from({ length: guesses }, () => desk.connect()));
  const replies = await Promise.all(
    again.map((client, index) => client.try('ann', index === guesses - 1 ? right : wrong)),
  );
  t.same(replies, Array(guesses).fill(refusedAlike));
  t.ok((await refusals(desk)).includes('account-locked'));
});

// A lock was looked at before a password and not after it: of sixty guesses at once the right one was told apart, as what
// comes next was asked for, and the lock stood already.
t.test('nor do they tell which was right, where a second factor is to follow', async (t) => {
  const desk = await openDesk(t, {}, { lockout: pub1075 });
  await desk.accounts.setPassword(admin, 'ann', password);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password', 'totp']] });
  const guesses = 60;
  const clients = await Promise.all(Array.from({ length: guesses }, () => desk.connect()));
  const replies = await Promise.all(
    clients.map((client, index) => client.try('ann', index === guesses - 1 ? right : wrong)),
  );
  t.same(replies, Array(guesses).fill(replies[0]));
  t.match(await (await desk.connect()).try('ann', right), replies[0]);
  await desk.accounts.unlockUser(admin, 'ann');
  t.match(await (await desk.connect()).try('ann', right), { partial: true });
});

t.test('a right password that was verified before the lock is refused after it', async (t) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let verify: () => void = () => undefined;
  const verified = new Promise<void>((resolve) => (verify = resolve));
  const desk = await withPassword(
    await openDesk(
      t,
      ({ accounts }) => ({
        accounts: {
          ...accounts,
          verifyPassword: async (hash, text) => {
            const fits = await accounts.verifyPassword(hash, text);
            if (text === password) {
              verify();
              await held;
            }
            return fits;
          },
        },
      }),
      { lockout: pub1075 },
    ),
  );
  const slow = (await desk.connect()).try('ann', right);
  await verified;
  await fail(desk, 3);
  release();
  t.same(await slow, refusedAlike);
  t.same(desk.authentication.sessions(), []);
});

t.test('an administrator unlocks', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await t.rejects(desk.accounts.unlockUser(admin, 'ann'), { code: 'not-found' });
  await t.rejects(desk.accounts.unlockUser(admin, 'nobody'), { code: 'not-found' });
  await fail(desk, 3);
  await desk.accounts.unlockUser(admin, 'ann');
  t.match(await events(desk, 'user.unlocked.1'), [
    {
      username: 'ann',
      agency: 'alpine',
      actor: { kind: 'admin' },
      before: {
        failedLogins: 3,
        lockedUntil: new Date(desk.clock.nowMs + pub1075.lockMs).toISOString(),
      },
      after: { failedLogins: 0, lockedUntil: null },
    },
  ]);
  await fail(desk, 2);
  t.match(await (await desk.connect()).try('ann', right), { kind: 'accepted' });
});

t.test('a user who is removed leaves no count', async (t) => {
  const desk = await withPassword(await openDesk(t));
  await fail(desk, 1);
  await desk.accounts.removeUser(admin, 'ann');
  const rows = await desk.database.read(({ query }) =>
    query.selectFrom('login_failures').selectAll().execute(),
  );
  t.same(rows, []);
});

/** The same database as a server that was started again sees it. */
async function restarted(desk: Desk, steadyNow: () => number): Promise<Desk> {
  const { database } = desk;
  const accounts = createAccounts({
    database,
    ledger,
    limits,
    lockout: pub1075,
    steadyNow,
    passwordHashing: await createPasswordHashing({ queuedMax: 8 }),
    sealing: createSealing(Buffer.alloc(32, 7)),
    randomBytes,
    agencyIsEmpty: async () => true,
    giveUpUploads: async () => () => undefined,
    provisionAgency: async () => undefined,
  });
  const authentication = createAuthentication({
    database,
    ledger,
    accounts,
    limits,
    now: () => 0,
    randomBytes,
    pause: async () => undefined,
  });
  return { ...desk, accounts, authentication, connect: desk.connectTo(authentication) };
}

t.test('count and lock outlive the process', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  await fail(desk, 2);
  const second = await restarted(desk, () => desk.clock.nowMs);
  t.equal(await failedLogins(second), 2);
  await fail(second, 1);
  const third = await restarted(desk, () => desk.clock.nowMs);
  t.same(await (await third.connect()).try('ann', right), refusedAlike);
  desk.clock.nowMs += 15 * minuteMs;
  t.match(await (await third.connect()).try('ann', right), { kind: 'accepted' });
});

t.test('setting the clock neither ends a lock early nor keeps it', async (t) => {
  const yearMs = 365 * 24 * 60 * minuteMs;
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  const { clock } = desk;
  const set = (ms: number) => {
    clock.nowMs += ms;
    clock.setMs += ms;
  };
  const opens = async () => (await (await desk.connect()).try('ann', right)).kind === 'accepted';

  await fail(desk, 3);
  set(yearMs);
  t.notOk(await opens(), 'a year ahead');
  clock.nowMs += 14 * minuteMs;
  t.match((await desk.accounts.listLocks({ limit: 1 })).items, [
    { lockedUntilMs: clock.nowMs + minuteMs },
  ]);
  set(-2 * yearMs);
  t.notOk(await opens(), 'and two back');
  clock.nowMs += minuteMs;
  t.ok(await opens(), 'it was locked for a quarter of an hour');

  // A lock that was made while the clock was a year ahead, as a server meets it that starts with the right time.
  set(2 * yearMs);
  await fail(desk, 3);
  set(-yearMs);
  const again = await restarted(desk, () => clock.nowMs - clock.setMs);
  t.same(await (await again.connect()).try('ann', right), refusedAlike);
  t.match((await again.accounts.listLocks({ limit: 1 })).items, [
    { lockedUntilMs: clock.nowMs + pub1075.lockMs },
  ]);
  clock.nowMs += pub1075.lockMs;
  t.match(await (await again.connect()).try('ann', right), { kind: 'accepted' });
});

t.test('failures from a time to come age from now on', async (t) => {
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075 }));
  const { clock } = desk;
  await fail(desk, 1);
  clock.nowMs -= 24 * 60 * minuteMs;
  await fail(desk, 1);
  clock.nowMs += pub1075.windowMs;
  t.equal(await failedLogins(desk), 0);
});

t.test('what cannot be counted is not answered', async (t) => {
  let isFull = false;
  const breaking: Ledger = {
    append: async (unit, entry) => {
      if (isFull && entry.event.event === 'user.locked.1') throw new Fault('ledger-unavailable');
      await ledger.append(unit, entry);
    },
  };
  const desk = await withPassword(await openDesk(t, {}, { lockout: pub1075, ledger: breaking }));
  await fail(desk, 2);
  isFull = true;
  t.same(await (await desk.connect()).try('ann', wrong), { kind: 'disconnect' });
  t.equal(await failedLogins(desk), 2, 'neither the count without the row');
  t.equal((await refusals(desk)).length, 2, 'nor the row without the count');
});

t.test('the gate hears of what speaks against a source, and of logins', async (t) => {
  const heard: unknown[] = [];
  const desk = await withPassword(
    await openDesk(t, {
      onRefused: ({ address, reason }) => heard.push(`${address} ${reason}`),
      onAccepted: ({ address, sessionId }) => heard.push(`${address} ${sessionId.length}`),
    }),
  );
  const client = await desk.connect();
  await client.try('ann', { kind: 'none' });
  await client.try('ann', { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: other.blob });
  await client.try('ann', wrong);
  await client.sign(other);
  await client.try('ann', { kind: 'unusable', method: 'hostbased' });
  t.match(await client.try('ann', right), { kind: 'accepted' });
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 1 });
  await (await desk.connect()).sign(key);
  await (await desk.connect()).try('nobody', wrong);
  t.same(heard, [
    '192.0.2.10 password-wrong',
    '192.0.2.10 key-unknown',
    '192.0.2.10 method-not-allowed',
    '192.0.2.10 32',
    '192.0.2.10 user-unknown',
  ]);
});

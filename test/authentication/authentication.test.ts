import t from 'tap';
import { Fault } from '../../server/domain/faults.ts';
import { limits } from '../../server/domain/limits.ts';
import { type Ledger } from '../../server/ledger/ledger.ts';
import { ledger } from '../fixtures/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey, type TestKey } from '../accounts/fixtures/keys.ts';
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
const offer = { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: key.blob } as const;
const wrongOffer = { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: other.blob } as const;
const word = (text: string) => ({ kind: 'password', password: text }) as const;

t.test('a login from offer to close', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect({ address: '2001:db8::1' });
  t.same(await client.try('ann', { kind: 'none' }), refusedAlike);
  t.same(await client.try('ann', offer), { kind: 'offer-accepted' });
  t.same(desk.authentication.sessions(), [], 'an offer is no login');
  const before = (await desk.ledgerRows()).length;
  const reply = await client.sign(key);
  t.match(reply, {
    kind: 'accepted',
    ticket: { sessionId: /^[0-9a-f]{32}$/, username: 'ann', agencyCode: 'alpine' },
  });
  if (reply.kind !== 'accepted') return;
  const { sessionId } = reply.ticket;
  t.same(structuredClone(reply), reply, 'it crosses the seam');
  const fingerprint = (await desk.accounts.listKeys('ann'))[0]?.fingerprint;
  const source = '[2001:db8::1]:50000';
  const proofs = [`publickey ${fingerprint}`];
  t.match(desk.authentication.identityOf(sessionId), {
    sessionId,
    username: 'ann',
    agencyKind: 'lcsa',
    source,
    proofs,
    quotaBytes: null,
  });
  t.match(desk.authentication.sessions(), [
    {
      sessionId,
      connectionId: client.connectionId,
      username: 'ann',
      source,
      client: 'OpenSSH_9.2',
      startedAtMs: desk.clock.nowMs,
    },
  ]);
  t.match(await desk.accounts.listKeys('ann'), [
    {
      lastUsedAtMs: desk.clock.nowMs,
      lastUsedFrom: source,
      lastUsedClient: 'OpenSSH_9.2',
      lastUsedAlgorithm: 'ssh-ed25519',
    },
  ]);
  t.equal((await desk.accounts.getUser('ann')).lastLoginAtMs, desk.clock.nowMs);
  t.same(await client.sign(key), { kind: 'disconnect' }, 'a connection has one login');
  await client.close('idle');
  t.equal(desk.authentication.identityOf(sessionId), undefined);
  t.same(desk.authentication.sessions(), []);
  await client.close();
  const rows = (await desk.ledgerRows()).slice(before);
  t.match(rows, [
    {
      event: 'login.accepted.2',
      username: 'ann',
      agency: 'alpine',
      proofs,
      session: sessionId,
      source,
      algorithms: { kex: 'test' },
    },
    {
      event: 'session.closed.1',
      closed: 'idle',
      operations: { open: 2 },
      bytesRead: 3,
      bytesWritten: 4,
      session: sessionId,
    },
  ]);
  t.equal(rows.length, 2);
});

t.test('whoever is refused hears the same, and the ledger the truth', async (t) => {
  const desk = await openDesk(t);
  const { accounts, clock } = desk;
  const keys = new Map<string, TestKey>();
  const user = async (username: string, settings: object) => {
    await accounts.createUser(admin, {
      username,
      agency: 'alpine',
      displayName: username,
      ...settings,
    });
    const own = testKey('ed25519', 20 + keys.size);
    keys.set(username, own);
    await accounts.addKey(admin, username, { publicKey: own.line });
  };
  await user('disabled', { status: 'disabled' });
  await user('expired', { expiresAtMs: clock.nowMs });
  await user('elsewhere', { allowedCidrs: ['198.51.100.0/24'] });
  await user('gone', {});
  await accounts.removeUser(admin, 'gone');
  await user('worded', { loginMethods: [['password']] });
  await user('stale', {});
  const { id } = (await accounts.listKeys('stale'))[0]!;
  await accounts.removeKey(admin, 'stale', id);
  const { line } = keys.get('stale')!;
  await accounts.addKey(admin, 'stale', { publicKey: line, expiresAtMs: clock.nowMs });
  await user('keyless', {});
  await accounts.removeKey(admin, 'keyless', (await accounts.listKeys('keyless'))[0]!.id);
  const expected: Record<string, string> = {
    nobody: 'user-unknown',
    gone: 'user-unknown',
    disabled: 'user-disabled',
    expired: 'user-expired',
    elsewhere: 'address-not-allowed',
    worded: 'method-not-allowed',
    stale: 'key-expired',
    keyless: 'key-unknown',
  };
  for (const username of Object.keys(expected)) {
    const client = await desk.connect();
    t.same(await client.try(username, { kind: 'none' }), refusedAlike, `${username}: none`);
    const own = keys.get(username) ?? key;
    const offered = { ...offer, keyBlob: own.blob };
    t.same(await client.try(username, offered), refusedAlike, `${username}: offer`);
    t.same(await client.sign(own, { username }), refusedAlike, `${username}: signature`);
    t.same(await client.try(username, word(password)), refusedAlike, `${username}: password`);
  }
  const reasons = await refusals(desk);
  t.same(
    reasons,
    Object.entries(expected).flatMap(([username, reason]) => [
      reason,
      reason,
      lastReason(username, reason),
    ]),
  );
  t.equal(
    desk.pauses.length,
    2 * Object.keys(expected).length,
    'proofs are delayed, offers and none are not',
  );
  t.ok(desk.pauses.every((ms) => ms >= 25 && ms < 35));
  t.match((await desk.ledgerRows()).at(-1), {
    actor: { kind: 'nobody' },
    session: null,
    source: '192.0.2.10:50000',
    outcome: 'refused',
    proof: 'password',
  });
});

function lastReason(username: string, reason: string): string {
  if (username === 'worded') return 'password-wrong';
  return ['stale', 'keyless'].includes(username) ? 'method-not-allowed' : reason;
}

t.test('the delay belongs to the name, not to the attempt', async (t) => {
  const desk = await openDesk(t);
  for (const username of ['ann', 'nobody', 'ann', 'nobody'])
    await (await desk.connect()).sign(other, { username });
  t.equal(desk.pauses[0], desk.pauses[2]);
  t.equal(desk.pauses[1], desk.pauses[3]);
  t.not(desk.pauses[0], desk.pauses[1]);
});

t.test('what took longer is padded to the next doubling', async (t) => {
  let nowMs = 0;
  // Looked at when the proof comes, when its refusal is written and when it is delayed.
  const desk = await openDesk(t, { now: () => (nowMs += 15) });
  await (await desk.connect()).sign(other);
  const totalMs = (desk.pauses[0] ?? 0) + 30;
  t.ok((totalMs >= 30 && totalMs < 35) || (totalMs >= 50 && totalMs < 60), `${totalMs} ms`);
});

t.test('what took very long is late enough', async (t) => {
  let nowMs = 0;
  const desk = await openDesk(t, { now: () => (nowMs += 6000) });
  await (await desk.connect()).sign(other);
  t.same(desk.pauses, []);
});

t.test('a password is hashed for every name', async (t) => {
  const hashed: (string | null)[] = [];
  const desk = await openDesk(t, ({ accounts }) => ({
    accounts: {
      ...accounts,
      verifyPassword: async (hash, text) => {
        hashed.push(hash);
        return accounts.verifyPassword(hash, text);
      },
    },
  }));
  await desk.accounts.setPassword(admin, 'ann', password);
  for (const username of ['ann', 'nobody']) {
    t.same(await (await desk.connect()).try(username, word(password)), refusedAlike);
  }
  t.match(hashed, [/^\$argon2id/, null]);
  t.same(
    await refusals(desk),
    ['method-not-allowed', 'user-unknown'],
    'right, but belongs to no way',
  );
});

t.test('passwords', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password'], ['publickey']] });
  t.same(await (await desk.connect()).try('ann', word(password)), refusedAlike, 'none is set');
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  t.same(await client.try('ann', word('wrong horse battery staple')), refusedAlike);
  const reply = await client.try('ann', word(password));
  t.match(reply, { kind: 'accepted' });
  t.same(desk.authentication.sessions()[0]?.proofs, ['password']);
  t.notMatch(JSON.stringify(await desk.ledgerRows()), /horse/);
  t.same(await refusals(desk), ['password-wrong', 'password-wrong']);
});

t.test('two proofs, in the order of the way', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.setPassword(admin, 'ann', password);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });

  const wrongOrder = await desk.connect();
  t.same(await wrongOrder.try('ann', word(password)), refusedAlike, 'the password comes second');

  const client = await desk.connect();
  t.same(await client.sign(key), {
    kind: 'refused',
    methods: ['password', 'keyboard-interactive'],
    partial: true,
  });
  t.same(desk.authentication.sessions(), []);
  t.same(
    await client.sign(key),
    { kind: 'refused', methods: ['password', 'keyboard-interactive'], partial: false },
    'one proof is not two',
  );
  t.same(await client.try('ann', word('wrong horse battery staple')), {
    kind: 'refused',
    methods: ['password', 'keyboard-interactive'],
    partial: false,
  });
  t.match(await client.try('ann', word(password)), { kind: 'accepted' });
  t.match(desk.authentication.sessions(), [{ proofs: [/^publickey SHA256:/, 'password'] }]);

  const elsewhere = await desk.connect();
  t.same(
    await elsewhere.try('ann', word(password)),
    refusedAlike,
    'the proof of one connection is none on another',
  );

  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password', 'publickey']] });
  const turned = await desk.connect();
  t.same(await turned.try('ann', offer), refusedAlike, 'an offer before its turn');
  t.same(await turned.sign(key), refusedAlike);
  t.same(await turned.try('ann', word(password)), {
    kind: 'refused',
    methods: ['publickey'],
    partial: true,
  });
  t.match(await turned.sign(key), { kind: 'accepted' });
});

t.test('what changes between two proofs counts', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.setPassword(admin, 'ann', password);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  const begin = async () => {
    const client = await desk.connect();
    t.match(await client.sign(key), { partial: true });
    return client;
  };
  const [one, two, three] = [await begin(), await begin(), await begin()];
  await desk.accounts.changeUser(admin, 'ann', { status: 'disabled' });
  t.match(await one.try('ann', word(password)), { kind: 'refused', partial: false });
  await desk.accounts.changeUser(admin, 'ann', {
    status: 'active',
    loginMethods: [['password', 'publickey']],
  });
  t.match(await two.try('ann', word(password)), { kind: 'refused', partial: false });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  await desk.accounts.removeKey(admin, 'ann', (await desk.accounts.listKeys('ann'))[0]!.id);
  t.match(
    await three.try('ann', word(password)),
    { kind: 'refused', partial: false },
    'the key of the first proof is gone',
  );
  t.same(await refusals(desk), ['user-disabled', 'method-not-allowed', 'key-unknown']);
});

t.test('a user who is disabled while the login is on its way', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  const [reply] = await Promise.all([
    client.sign(key),
    desk.accounts.changeUser(admin, 'ann', { status: 'disabled' }),
  ]);
  const rows = await desk.ledgerRows();
  const disabledAt = rows.findIndex((row) => row['event'] === 'user.changed.1');
  const acceptedAt = rows.findIndex((row) => row['event'] === 'login.accepted.2');
  // Either order is right, but not a login after the change.
  t.equal(reply.kind === 'accepted', acceptedAt !== -1);
  t.ok(acceptedAt < disabledAt);
});

t.test('sessions at the same time never pass the limit', async (t) => {
  const desk = await openDesk(t);
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 3 });
  const clients = await Promise.all(Array.from({ length: 12 }, () => desk.connect()));
  const replies = await Promise.all(clients.map((client) => client.sign(key)));
  t.equal(replies.filter((reply) => reply.kind === 'accepted').length, 3);
  t.equal(replies.filter((reply) => reply.kind === 'refused').length, 9);
  t.equal(desk.authentication.sessions().length, 3);
  t.same(new Set(await refusals(desk)), new Set(['sessions-exceeded']));
  const index = replies.findIndex((reply) => reply.kind === 'accepted');
  await clients[index]!.close();
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' }, 'a place is free again');
  t.same(await (await desk.connect()).sign(key), refusedAlike);
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 4 });
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' });
});

t.test('too many failures end the connection', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  for (let count = 1; count < limits.authenticationFailuresMax; count += 1)
    t.same(await client.sign(other), refusedAlike);
  t.same(await client.sign(other), { kind: 'disconnect' });
  t.same(await client.sign(key), { kind: 'disconnect' }, 'even the right key comes too late');
  t.same(await refusals(desk), ['key-unknown'], 'equal ones are told when it closes');
});

t.test('offers are free at first, and an agent full of keys gets in', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  for (let count = 1; count < limits.keyOffersMax; count += 1)
    t.same(await client.try('ann', wrongOffer), refusedAlike);
  t.same(await client.try('ann', offer), { kind: 'offer-accepted' });
  t.match(await client.sign(key), { kind: 'accepted' });
  t.same(desk.pauses, []);
});

for (const proof of [{ kind: 'none' } as const, offer, wrongOffer]) {
  t.test(`${proof.kind} without end`, async (t) => {
    const desk = await openDesk(t);
    const client = await desk.connect();
    const kinds: string[] = [];
    for (let count = 0; count < 40; count += 1) kinds.push((await client.try('ann', proof)).kind);
    t.equal(
      kinds.indexOf('disconnect'),
      limits.keyOffersMax + limits.authenticationFailuresMax - 1,
    );
    t.equal(kinds.at(-1), 'disconnect');
    t.equal((await refusals(desk)).includes('attempts-exceeded'), proof !== wrongOffer);
  });
}

t.test('what is no proof, and no name, is malformed', async (t) => {
  const desk = await openDesk(t);
  const odd = { kind: 'weird' } as unknown as Parameters<typeof one.try>[1];
  const one = await desk.connect();
  t.same(await one.try('ann', odd), refusedAlike);
  t.same(await one.try('amy', offer), { kind: 'disconnect' }, 'another name');
  const other = await desk.connect();
  t.same(await other.try(7 as unknown as string, offer), { kind: 'disconnect' });
  await one.close();
  await other.close();
  t.same(new Set(await refusals(desk)), new Set(['proof-malformed']));
});

t.test('who has changed a password is told of, and nobody else', async (t) => {
  const told: string[] = [];
  const desk = await openDesk(t, {
    onPasswordChanged: async ({ username, sessionId }) =>
      void told.push(`${username} ${sessionId}`),
  });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['publickey', 'password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const newPassword = 'plenty of unrelated words here';
  for (const proof of [
    { kind: 'password', password },
    { kind: 'password-change', password, newPassword },
    { kind: 'password', password: newPassword },
  ] as const) {
    const client = await desk.connect();
    await client.sign(key);
    t.match(await client.try('ann', proof), { kind: 'accepted' });
  }
  t.same(told, [`ann ${desk.authentication.sessions()[1]?.sessionId}`]);
});

t.test('an end that is written when the database takes it is no failure', async (t) => {
  const later: (() => Promise<void>)[] = [];
  const broken = { now: false };
  const desk = await openDesk(t, ({ database }) => ({
    database: {
      ...database,
      write: (work, options) => {
        if (broken.now) throw new Fault('ledger-unavailable');
        return database.write(work, options);
      },
      whenWritable: (work) => later.push(work) > 0,
    },
  }));
  const client = await desk.connect();
  await client.sign(key);
  broken.now = true;
  await client.close();
  t.same(desk.authentication.sessions(), []);
  broken.now = false;
  for (const work of later) await work();
  const rows = await desk.ledgerRows();
  t.equal(rows.filter(({ event }) => event === 'session.closed.1').length, 1);
});

t.test(
  'requests of one connection are answered one after the other, and a flood is not',
  async (t) => {
    const desk = await openDesk(t);
    const client = await desk.connect();
    const replies = await Promise.all(Array.from({ length: 30 }, () => client.sign(other)));
    t.equal(
      replies.filter((reply) => reply.kind === 'refused').length <=
        limits.authenticationFailuresMax,
      true,
    );
    t.equal(replies.at(-1)?.kind, 'disconnect');
    t.same(await client.sign(key), { kind: 'disconnect' });
    const twice = await desk.connect();
    const both = await Promise.all([twice.sign(key), twice.sign(key)]);
    t.same(
      both.map((reply) => reply.kind),
      ['accepted', 'disconnect'],
    );
    t.equal(desk.authentication.sessions().length, 1);
  },
);

t.test('a connection that closes while its login is on its way leaves nothing', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  const signing = client.sign(key);
  await client.close('connection-lost');
  await signing;
  t.same(desk.authentication.sessions(), []);
  const events = (await desk.ledgerRows()).map((row) => row['event']);
  t.equal(events.includes('login.accepted.2'), events.includes('session.closed.1'));
  t.same(await client.sign(key), { kind: 'disconnect' });
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 1 });
  t.match(await (await desk.connect()).sign(key), { kind: 'accepted' }, 'its place is free');
});

t.test('connections', async (t) => {
  const desk = await openDesk(t, { limits: { ...limits, connectionsMax: 2 } });
  const opening = { source: { address: '192.0.2.1', port: 1 }, client: '', algorithms: {} };
  const { connectionId } = await desk.connect();
  t.match(
    await desk.authentication.connectionOpened({ ...opening, connectionId }),
    { ok: false },
    'an id is used once',
  );
  t.match(await desk.authentication.connectionOpened({ ...opening, connectionId: 'b' }), {
    ok: true,
    value: null,
  });
  t.match(await desk.authentication.connectionOpened({ ...opening, connectionId: 'c' }), {
    ok: false,
    refusal: { code: 'unavailable' },
  });
});

t.test('who asks on without waiting for answers is over, whatever is asked later', async (t) => {
  const desk = await openDesk(t, { limits: { ...limits, authenticationsQueuedMax: 2 } });
  const client = await desk.connect();
  const replies = await Promise.all([1, 2, 3].map(() => client.try('ann', { kind: 'none' })));
  t.same(replies[2], { kind: 'disconnect' });
  t.same(await client.sign(key), { kind: 'disconnect' }, 'the right key, in its turn');
  t.same(desk.authentication.sessions(), []);
});

t.test('new passwords that will not do are attempts, too, and end the connection', async (t) => {
  const desk = await openDesk(t, { limits: { ...limits, authenticationFailuresMax: 3 } });
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password);
  const client = await desk.connect();
  const change = { kind: 'password-change', password, newPassword: 'short' } as const;
  for (const kind of ['change-needed', 'change-needed', 'disconnect'])
    t.match(await client.try('ann', change), { kind });
});

t.test('which login a connection came to', async (t) => {
  const desk = await openDesk(t);
  const [one, other] = [await desk.connect(), await desk.connect()];
  await one.sign(key);
  const { sessionId } = desk.authentication.sessions()[0]!;
  t.equal(desk.authentication.sessionOf(one.connectionId), sessionId);
  t.equal(desk.authentication.sessionOf(other.connectionId), undefined);
  t.equal(desk.authentication.sessionOf('nobody'), undefined);
});

/** A ledger that can be broken for some events. */
function breakable(): Ledger & { broken: (event: string) => boolean } {
  const double = {
    broken: (_event: string) => false,
    append: async (...[unit, entry]: Parameters<Ledger['append']>) => {
      if (double.broken(entry.event.event)) throw new Fault('ledger-unavailable');
      await ledger.append(unit, entry);
    },
  };
  return double;
}

async function openBreakable(
  t: Parameters<typeof openDesk>[0],
): Promise<Desk & { double: ReturnType<typeof breakable> }> {
  const double = breakable();
  return { ...(await openDesk(t, { ledger: double })), double };
}

t.test('no login without its ledger row', async (t) => {
  const desk = await openBreakable(t);
  desk.double.broken = (event) => event === 'login.accepted.2';
  t.same(await (await desk.connect()).sign(key), refusedAlike);
  t.same(desk.authentication.sessions(), []);
  t.equal((await desk.accounts.getUser('ann')).lastLoginAtMs, null, 'nothing of the unit remains');
  t.same(await refusals(desk), ['ledger-unavailable']);
  desk.double.broken = () => true;
  const client = await desk.connect();
  t.same(await client.sign(key), { kind: 'disconnect' });
  t.same(
    await (await desk.connect()).sign(other),
    { kind: 'disconnect' },
    'nobody guesses unrecorded',
  );
  desk.double.broken = () => false;
  t.same(await client.sign(key), { kind: 'disconnect' });
  await desk.accounts.changeUser(admin, 'ann', { maxSessions: 1 });
  const good = await desk.connect();
  t.match(await good.sign(key), { kind: 'accepted' }, 'failed logins hold no place');
  desk.double.broken = () => true;
  await t.rejects(good.close(), { code: 'ledger-unavailable' });
  t.same(desk.authentication.sessions(), [], 'the login is over all the same');
});

t.test('a password that is due, and cannot be recorded as such', async (t) => {
  const desk = await openBreakable(t);
  await desk.accounts.changeUser(admin, 'ann', { loginMethods: [['password']] });
  await desk.accounts.setPassword(admin, 'ann', password, true);
  desk.double.broken = () => true;
  const client = await desk.connect();
  t.match(await client.try('ann', { kind: 'password', password }), { kind: 'change-needed' });
  desk.double.broken = () => false;
  const change = { password, newPassword: 'plenty of unrelated words here' };
  t.same(await client.try('ann', { kind: 'password-change', ...change }), { kind: 'disconnect' });
  t.equal((await desk.accounts.getUser('ann')).passwordTemporary, true, 'nothing has changed');
});

t.test('what a stranger writes is bounded in the ledger', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  await client.try(`x\ud800${'y'.repeat(100_000)}`, {
    kind: 'unusable',
    method: 'z'.repeat(100_000),
  });
  const row = (await desk.ledgerRows()).at(-1);
  t.match(row, {
    event: 'login.refused.1',
    username: /^x\ufffdy{253}$/,
    proof: /^unusable z{255}$/,
    reason: 'method-not-allowed',
  });
});

t.test('bytes may come as Buffer or Uint8Array', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  const proof = structuredClone(signatureProof(key, client.sshSessionId));
  t.match(await client.try('ann', proof), { kind: 'accepted' });
});

// Older algorithms are an agency's for a while: a login over them takes the grant, and ends with it.
import t, { type Test } from 'tap';
import { randomBytes } from 'node:crypto';
import { createLiveControl } from '../../server/authentication/live-control.ts';
import { ledger } from '../../server/ledger/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { failReads } from '../fixtures/database.ts';
import { openDesk, signatureProof } from './fixtures/logins.ts';

const key = testKey('ed25519');
const day = 24 * 60 * 60_000;

async function openHall(t: Test) {
  const desk = await openDesk(t);
  const ended: string[] = [];
  const control = createLiveControl({
    accounts: desk.accounts,
    authentication: desk.authentication,
    database: desk.database,
    ledger,
    endSession: async ({ connectionId, source }, reason) => {
      ended.push(source);
      await desk.authentication.connectionClosed({
        connectionId,
        reason,
        operations: {},
        bytesRead: 0,
        bytesWritten: 0,
      });
    },
  });
  const logIn = async (
    address: string,
    kex = 'ecdh-sha2-nistp256',
    { username, own } = { username: 'ann', own: key },
  ) => {
    const connectionId = randomBytes(16).toString('hex');
    const sshSessionId = randomBytes(32);
    await desk.authentication.connectionOpened({
      connectionId,
      source: { address, port: 1 },
      client: 'old',
      algorithms: { kex },
    });
    return desk.authentication.authenticate({
      connectionId,
      username,
      proof: signatureProof(own, sshSessionId, { username }),
    });
  };
  const grant = (allowedCidrs: readonly string[], days: number, agency = 'alpine') =>
    control.accounts.grantLegacyInterop(admin, agency, {
      allowedCidrs,
      reason: 'old host',
      expiresAtMs: desk.clock.nowMs + days * day,
    });
  return { ...desk, control, logIn, grant, ended };
}

t.test('a login over older algorithms takes the grant, and the ledger tells why not', async (t) => {
  const { logIn, grant, ledgerRows, authentication, clock } = await openHall(t);
  t.match(await logIn('192.0.2.1'), { kind: 'refused' });
  t.match((await ledgerRows()).at(-1), {
    event: 'login.refused.1',
    reason: 'algorithm-not-allowed',
  });
  t.match(await logIn('192.0.2.1', 'curve25519-sha256'), { kind: 'accepted' });
  const { expiresAtMs } = await grant(['192.0.2.0/28'], 3);
  const reply = await logIn('192.0.2.1');
  t.match(reply, { kind: 'accepted' });
  if (reply.kind !== 'accepted') return;
  const identity = authentication.identityOf(reply.ticket.sessionId);
  t.equal(identity?.expiresAtMs, expiresAtMs, 'it ends with the grant');
  t.ok(expiresAtMs > clock.nowMs);
  t.match(await logIn('192.0.2.99'), { kind: 'refused' }, 'another address has none');
});

t.test('the end of one agency’s grant is nothing to another', async (t) => {
  const { accounts, control, logIn, grant, ended } = await openHall(t);
  const own = testKey('p256');
  await accounts.createAgency(admin, { code: 'butte', name: 'Butte', kind: 'lcsa' });
  await accounts.createUser(admin, { username: 'bob', agency: 'butte', displayName: 'Bob' });
  await accounts.addKey(admin, 'bob', { publicKey: own.line });
  for (const agency of ['alpine', 'butte']) await grant(['192.0.2.0/28'], 3, agency);
  t.match(await logIn('192.0.2.1'), { kind: 'accepted' });
  t.match(await logIn('192.0.2.2', undefined, { username: 'bob', own }), { kind: 'accepted' });
  await control.accounts.endLegacyInterop(admin, 'alpine');
  t.same(ended, ['192.0.2.1:1']);
});

t.test('what a change takes away ends the logins that hold it, and no others', async (t) => {
  const { control, logIn, grant, ended, authentication, ledgerRows } = await openHall(t);
  await grant(['192.0.2.0/24'], 30);
  await logIn('192.0.2.1', 'curve25519-sha256');
  await logIn('192.0.2.2');
  await logIn('192.0.2.200');
  const { expiresAtMs } = await grant(['192.0.2.0/28'], 2);
  t.same(ended, ['192.0.2.200:1']);
  t.same(
    authentication.sessions().map((session) => [session.source, session.expiresAtMs]),
    [
      ['192.0.2.1:1', null],
      ['192.0.2.2:1', expiresAtMs],
    ],
  );
  await control.accounts.endLegacyInterop(admin, 'alpine');
  t.same(ended, ['192.0.2.200:1', '192.0.2.2:1']);
  t.same(
    authentication.sessions().map(({ source }) => source),
    ['192.0.2.1:1'],
  );
  const rows = (await ledgerRows()).filter((row) => row['event'] === 'session.ended.1');
  t.match(rows, [{ reason: 'algorithm-not-allowed' }, { reason: 'algorithm-not-allowed' }]);
});

// The disk failed on a look behind the change: the logins over older algorithms went on until the old end of the grant, and
// ending it once more was refused, as it was gone.
t.test('the end of a grant needs no look', async (t) => {
  const { control, logIn, grant, ended, database, authentication, clock } = await openHall(t);
  const isOffered = () => control.accounts.legacyAddresses.includes('192.0.2.9', clock.nowMs);
  await grant(['192.0.2.0/24'], 30);
  await logIn('192.0.2.9');
  t.equal(authentication.sessions().length, 1);
  const repair = failReads(database);
  await control.accounts.endLegacyInterop(admin, 'alpine');
  t.equal(ended.length, 1);
  t.notOk(isOffered());
  await grant(['192.0.2.0/24'], 30);
  t.ok(isOffered());
  repair();
});

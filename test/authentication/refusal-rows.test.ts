// A stranger without credentials grew the ledger without bound: 269 connections in 5 s wrote 4,036 rows.
import t from 'tap';
import { limits } from '../../server/domain/limits.ts';
import { Fault } from '../../server/domain/faults.ts';
import { ledger } from '../fixtures/ledger.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { openDesk, password, refusedAlike, type Desk } from './fixtures/logins.ts';

const key = testKey('ed25519');
const other = testKey('ed25519', 1);
const wrongOffer = { kind: 'offer', algorithm: 'ssh-ed25519', keyBlob: other.blob } as const;
const wrongWord = { kind: 'password', password: 'wrong horse battery staple' } as const;

async function rowsOf(desk: Desk): Promise<Record<string, unknown>[]> {
  return (await desk.ledgerRows()).filter((row) => row['event'] === 'login.refused.1');
}

async function countsOf(desk: Desk): Promise<string[]> {
  return (await rowsOf(desk)).map((row) => [row['reason'], row['proof'], row['count']].join(' '));
}

t.test('equal refusals of a connection are a row at once and one when it closes', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  for (let count = 0; count < 5; count += 1) await client.try('ann', wrongOffer);
  await client.sign(other);
  await client.try('ann', wrongWord);
  await client.try('ann', wrongWord);
  const { fingerprint } = await desk.accounts.addKey(admin, 'ann', { publicKey: other.line });
  const first = [
    `key-unknown offer ${fingerprint} 1`,
    `key-unknown publickey ${fingerprint} 1`,
    'method-not-allowed password 1',
  ];
  t.same(await countsOf(desk), first, 'the true reasons, while it goes on');
  await client.close();
  t.same(await countsOf(desk), [...first, 'key-unknown offer 5', 'method-not-allowed password 2']);
  t.match((await rowsOf(desk)).at(-1), {
    username: 'ann',
    source: '192.0.2.10:50000',
    connection: client.connectionId,
    client: 'OpenSSH_9.2',
  });
  await client.close();
  t.equal((await rowsOf(desk)).length, 5);
});

t.test('or when it logs in', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  for (let count = 0; count < 3; count += 1) await client.try('ann', wrongOffer);
  t.match(await client.sign(key), { kind: 'accepted' });
  const events = (await desk.ledgerRows()).slice(-3);
  t.match(events, [
    { event: 'login.refused.1', count: 1 },
    { event: 'login.refused.1', count: 3, proof: 'offer' },
    { event: 'login.accepted.2' },
  ]);
  await client.close();
  t.equal((await rowsOf(desk)).length, 2);
});

t.test('a source has so many rows in a minute, and one for all the rest', async (t) => {
  let nowMs = 0;
  const desk = await openDesk(t, {
    now: () => nowMs,
    limits: { ...limits, refusalRowsPerSourceMax: 10 },
  });
  const flood = async (address: (index: number) => string) => {
    for (let index = 0; index < 100; index += 1) {
      const client = await desk.connect({ address: address(index) });
      t.same(await client.try('ann', wrongOffer), refusedAlike);
      await client.try('ann', wrongOffer);
      await client.close();
    }
  };
  await flood(() => '192.0.2.66');
  t.equal((await rowsOf(desk)).length, 10);
  const honest = await desk.connect();
  await honest.sign(other);
  t.match((await rowsOf(desk)).at(-1), { reason: 'key-unknown', source: '192.0.2.10:50000' });
  await desk.authentication.settleRefusals();
  await desk.authentication.settleRefusals();
  const rest = (await rowsOf(desk)).slice(11);
  t.match(rest, [{ reason: 'attempts-exceeded', proof: 'several', source: '192.0.2.66' }]);
  t.equal(rest.length, 1);
  const rows = await rowsOf(desk);
  const [firsts, totals] = [1, 2].map((each) => rows.filter((row) => row['count'] === each).length);
  t.equal(Number(rest[0]?.['count']), 200 - (firsts! - 1) - totals!, 'none is lost');
  nowMs += 60_000;
  await (await desk.connect({ address: '192.0.2.66' })).sign(other);
  t.equal((await rowsOf(desk)).length, 13, 'the next minute');
  await flood((index) => `2001:db8::${index.toString(16)}`);
  t.equal((await rowsOf(desk)).length, 23, 'an IPv6 source is its /64');
});

// A stranger with 1,000 addresses could still cause some 61,000 rows a minute: 60 of each source and one more.
t.test(
  'all sources together have so many rows in a minute, and so many that count the rest',
  async (t) => {
    let nowMs = 0;
    const desk = await openDesk(t, {
      now: () => nowMs,
      limits: {
        ...limits,
        refusalRowsPerSourceMax: 2,
        refusalRowsMax: 20,
        refusalSourcesCountedMax: 10,
      },
    });
    for (let index = 0; index < 100; index += 1) {
      const client = await desk.connect({ address: `10.0.0.${index}` });
      await client.try('ann', wrongOffer);
      await client.try('ann', { kind: 'unusable', method: 'gssapi' });
      await client.close();
    }
    t.equal((await rowsOf(desk)).length, 20);
    await desk.authentication.settleRefusals();
    const counted = (await rowsOf(desk)).slice(20);
    t.equal(counted.length, 11);
    t.match(counted.at(-1), { reason: 'attempts-exceeded', proof: 'several', source: null });
    const sum = counted.reduce((total, row) => total + Number(row['count']), 0);
    t.equal(sum, 180, 'none is lost');
    nowMs += 60_000;
    await (await desk.connect()).sign(other);
    t.match((await rowsOf(desk)).at(-1), { reason: 'key-unknown', source: '192.0.2.10:50000' });
  },
);

t.test('who is only counted may not go on when the ledger cannot be written', async (t) => {
  let isBroken = false;
  const desk = await openDesk(t, {
    limits: { ...limits, refusalRowsPerSourceMax: 1 },
    ledger: {
      append: async (...[unit, entry]: Parameters<typeof ledger.append>) => {
        if (isBroken) throw new Fault('ledger-unavailable');
        await ledger.append(unit, entry);
      },
    },
  });
  await desk.accounts.setPassword(admin, 'ann', password);
  const counted = await desk.connect();
  t.same(await counted.try('ann', wrongOffer), refusedAlike);
  t.same(await counted.try('ann', wrongOffer), refusedAlike);
  const alsoCounted = await desk.connect();
  t.same(await alsoCounted.sign(other), refusedAlike);
  isBroken = true;
  t.same(await (await desk.connect({ address: '192.0.2.99' })).sign(other), { kind: 'disconnect' });
  t.same(await counted.try('ann', wrongOffer), { kind: 'disconnect' });
  t.same(await alsoCounted.sign(other), { kind: 'disconnect' });
  await t.rejects(desk.authentication.settleRefusals());
  isBroken = false;
  await desk.authentication.settleRefusals();
  t.match((await rowsOf(desk)).at(-1), { proof: 'several', count: 1 }, 'it is kept until it can');
});

t.test('no row holds a password', async (t) => {
  const desk = await openDesk(t);
  const client = await desk.connect();
  await client.try('ann', wrongWord);
  await client.try('ann', wrongWord);
  await client.close();
  t.notMatch(JSON.stringify(await desk.ledgerRows()), /horse/);
});

t.test('what a closing connection has no row for any more is counted with the rest', async (t) => {
  const desk = await openDesk(t, { limits: { ...limits, refusalRowsPerSourceMax: 1 } });
  const client = await desk.connect();
  for (let count = 0; count < 4; count += 1) await client.try('ann', wrongOffer);
  await client.close();
  t.equal((await rowsOf(desk)).length, 1, 'the first, at once');
  await desk.authentication.settleRefusals();
  t.match(await rowsOf(desk), [
    { count: 1, proof: /^offer/ },
    { count: 3, proof: 'several', source: '192.0.2.10', reason: 'attempts-exceeded' },
  ]);
});

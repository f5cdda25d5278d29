import t from 'tap';
import type { LiveServer } from '../fixtures/live-server.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { ConnectionLost, connectLive } from './fixtures/live-client.ts';
import { Hand } from './fixtures/hand.ts';
import { checkAfterKill, LedgerFollower } from './fixtures/after-kill.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

const kills = Number(process.env['KILLS'] ?? 50);
const handsPerConnection = 2;

t.setTimeout(600_000);

/** Runs every hand until its connection is lost; what a hand had done and was doing is in its own book. */
async function load(hands: readonly Hand[], server: LiveServer, random: Random): Promise<void> {
  const connections = [...new Set(hands.map(({ connection }) => connection))];
  const clients = await Promise.all(
    connections.map(async (connection) => {
      const group = hands.filter((hand) => hand.connection === connection);
      return { group, client: await connectLive(server, group[0]!.user) };
    }),
  );
  const work = clients.flatMap(({ group, client }) =>
    group.map((hand) => hand.workUntilLost(client.sftp, random)),
  );
  await new Promise((resolve) => setTimeout(resolve, random.between(50, 400)));
  await server.stop('SIGKILL');
  await Promise.all(work);
  for (const { client } of clients) client.destroy();
}

t.test(`kill -9 during mixed uploads, ${kills} times`, async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy, ken } = await startExchange(t);
  const ann = await server.addUser('ann', 'alameda');
  const hands: Hand[] = [];
  for (const [connection, user, agency] of [
    [0, amy, 'alameda'],
    [1, amy, 'alameda'],
    [2, ken, 'kern'],
  ] as const) {
    for (let index = 0; index < handsPerConnection; index += 1)
      hands.push(new Hand({ connection, user, agency, prefix: `c${connection}h${index}` }));
  }
  const follower = new LedgerFollower(server.dataDirectory);
  const recoveryMs: number[] = [];
  const totals = { acknowledged: 0, inFlight: 0, done: 0, undone: 0, partials: 0, files: 0 };
  for (let kill = 1; kill <= kills; kill += 1) {
    await load(hands, server, random).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) throw error;
    });
    const started = performance.now();
    await server.start();
    recoveryMs.push(performance.now() - started);
    const found = await checkAfterKill(server, hands, { dora, ann, follower });
    if (found.problems.length > 0) {
      t.same(found.problems, [], `kill ${kill}`);
      return;
    }
    totals.done += found.done;
    totals.undone += found.undone;
    totals.partials += found.partials;
    totals.files = found.files;
  }
  totals.acknowledged = hands.reduce((sum, hand) => sum + hand.acknowledged, 0);
  totals.inFlight = totals.done + totals.undone;
  t.comment(
    `${kills} kills, 0 lost, 0 altered, 0 ghosts; ${totals.acknowledged} operations acknowledged`,
  );
  t.comment(
    `in flight at a kill: ${totals.inFlight} (${totals.done} wholly done, ${totals.undone} wholly not); ${totals.partials} partials seen; ${totals.files} files at the end`,
  );
  const sorted = recoveryMs.toSorted((a, b) => a - b);
  t.comment(
    `start to ready: median ${Math.round(sorted[Math.floor(sorted.length / 2)]!)} ms, slowest ${Math.round(sorted.at(-1)!)} ms`,
  );
  const verification = await server.api<{ ok: boolean; rows: number }>(
    'GET',
    '/v1/audit/verification',
  );
  t.comment(`ledger: ${verification.rows} rows verified`);
  t.ok(verification.ok);
  t.notMatch(server.log(), /internal fault/, 'no defect was logged');
  t.ok(totals.acknowledged > kills, 'the load was real');
});

import t from 'tap';
import type { LiveServer } from '../fixtures/live-server.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { ConnectionLost, connectLive } from './fixtures/live-client.ts';
import { Hand } from './fixtures/hand.ts';
import { Auditor, checkAfterKill } from './fixtures/after-kill.ts';
import { runDoctor } from './fixtures/doctor.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

const kills = Number(process.env['KILLS'] ?? 50);
/** The run ends after the kill that passes this. */
const secondsMax = Number(process.env['SECONDS_MAX'] ?? 540);
const handsPerConnection = 2;

t.setTimeout((secondsMax + 120) * 1000);

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
  const started = performance.now();
  const spentSeconds = () => (performance.now() - started) / 1000;
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy, ken } = await startExchange(t, {
    WAYBILL_WORKERS: process.env['WORKERS'] ?? '0',
  });
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
  const auditor = new Auditor(server.dataDirectory);
  const startMs: number[] = [];
  const totals = { done: 0, undone: 0, partials: 0, files: 0 };
  while (startMs.length < kills && spentSeconds() < secondsMax) {
    await load(hands, server, random).catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) throw error;
    });
    const starting = performance.now();
    await server.start();
    startMs.push(performance.now() - starting);
    const found = await checkAfterKill(server, hands, { dora, ann, auditor });
    if (found.problems.length > 0) {
      t.same(found.problems, [], `kill ${startMs.length}`);
      return;
    }
    totals.done += found.done;
    totals.undone += found.undone;
    totals.partials += found.partials;
    totals.files = found.files;
  }
  const sumOf = (count: (hand: Hand) => number) =>
    hands.reduce((sum, hand) => sum + count(hand), 0);
  const acknowledged = sumOf((hand) => hand.acknowledged);
  t.comment(
    `${startMs.length} kills in ${Math.round(spentSeconds())} s, 0 lost, 0 altered, 0 ghosts; ${acknowledged} operations acknowledged, ${sumOf((hand) => hand.resumed)} of them resumed uploads`,
  );
  t.comment(
    `in flight at a kill: ${totals.done + totals.undone} (${totals.done} wholly done, ${totals.undone} wholly not); ${totals.partials} partials seen; ${totals.files} names at the end`,
  );
  const sorted = startMs.toSorted((a, b) => a - b);
  t.comment(
    `start to ready: median ${Math.round(sorted[Math.floor(sorted.length / 2)]!)} ms, slowest ${Math.round(sorted.at(-1)!)} ms`,
  );
  const { ok, rows } = await server.api<{ ok: boolean; rows: number }>(
    'GET',
    '/v1/audit/verification',
  );
  t.comment(`ledger: ${rows} rows verified`);
  t.ok(ok);
  t.notMatch(server.log(), /internal fault/, 'no defect was logged');
  t.ok(acknowledged > startMs.length, 'the load was real');
  t.same(await runDoctor(server), [], 'waybill doctor finds nothing');
});

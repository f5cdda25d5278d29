import t from 'tap';
import { startExchange, type LiveServer } from '../fixtures/live-server.ts';
import { until, workerPids } from '../workers/fixtures.ts';
import { Auditor, checkAfterKill } from './fixtures/after-kill.ts';
import { runDoctor } from './fixtures/doctor.ts';
import { Hand } from './fixtures/hand.ts';
import { connectLive } from './fixtures/live-client.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

const kills = Number(process.env['KILLS'] ?? 50);
/** The run ends after the round that passes this. */
const secondsMax = Number(process.env['SECONDS_MAX'] ?? 300);
const workers = 2;

t.setTimeout((secondsMax + 120) * 1000);

/** Every hand works until its worker is killed, one worker after the other. @returns how many were killed */
async function killUnder(
  hands: readonly Hand[],
  server: LiveServer,
  random: Random,
): Promise<number> {
  const clients = await Promise.all(hands.map(({ user }) => connectLive(server, user)));
  const work = hands.map((hand, index) => hand.workUntilLost(clients[index]!.sftp, random));
  const pids = workerPids(server);
  for (const pid of pids) {
    await new Promise((resolve) => setTimeout(resolve, random.between(20, 300)));
    process.kill(pid, 'SIGKILL');
  }
  await Promise.all(work);
  for (const client of clients) client.destroy();
  return pids.length;
}

/** The monitor has settled what the workers had, and there are as many again. */
async function settled(server: LiveServer): Promise<void> {
  await until(async () => {
    const sessions = await server.all('/v1/sessions');
    return sessions.length === 0 && workerPids(server).length === workers;
  });
}

t.test(`workers are killed ${kills} times under load`, async (t) => {
  const random = seededRandom();
  const started = performance.now();
  const spentSeconds = () => (performance.now() - started) / 1000;
  t.comment(`seed ${random.seed}`);
  const { server, dora, amy, ken } = await startExchange(t, { WAYBILL_WORKERS: String(workers) });
  const ann = await server.addUser('ann', 'alameda');
  const hands = (
    [
      [amy, 'alameda'],
      [ken, 'kern'],
      [amy, 'alameda'],
      [ken, 'kern'],
    ] as const
  ).map(
    ([user, agency], connection) =>
      new Hand({ connection, user, agency, prefix: `w${connection}` }),
  );
  const auditor = new Auditor(server.dataDirectory);
  let killed = 0;
  let partials = 0;
  while (killed < kills && spentSeconds() < secondsMax) {
    killed += await killUnder(hands, server, random);
    await settled(server);
    const found = await checkAfterKill(server, hands, { dora, ann, auditor });
    if (found.problems.length > 0) {
      t.same(found.problems, [], `after ${killed} kills`);
      return;
    }
    partials += found.partials;
    await settled(server);
  }
  const acknowledged = hands.reduce((sum, hand) => sum + hand.acknowledged, 0);
  t.comment(
    `${killed} workers killed in ${Math.round(spentSeconds())} s, the monitor lived on: 0 lost, 0 altered, 0 ghosts; ${acknowledged} operations acknowledged, ${partials} partials seen`,
  );
  const { ok, rows } = await server.api<{ ok: boolean; rows: number }>(
    'GET',
    '/v1/audit/verification',
  );
  t.comment(`ledger: ${rows} rows verified`);
  t.ok(ok);
  t.ok(acknowledged > killed, 'the load was real');
  t.same(await runDoctor(server), [], 'waybill doctor finds nothing');
});

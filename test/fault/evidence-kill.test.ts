// A kill -9 at any moment leaves evidence that is whole: whatever checks it says so, at once and after the next start, as
// nobody believes an alarm any more that was false once. KILLS=1000 makes so many.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startExchange, type LiveServer, type LiveUser } from '../fixtures/live-server.ts';
import { verifierFile } from '../fixtures/verifier.ts';
import { waybill } from '../cli/fixtures/run.ts';
import type { DeadlyPoint } from './fixtures/deadly-calls.ts';
import { EvidenceHome } from './fixtures/evidence-home.ts';
import { connectLive } from './fixtures/live-client.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

const kills = Number(process.env['KILLS'] ?? 60);
/** The run ends after the kill that passes this. */
const secondsMax = Number(process.env['SECONDS_MAX'] ?? 300);
/** After so many a new ledger begins: each of them is walked whole after each kill. */
const killsPerLedger = 100;
const serverKills = Math.min(6, Math.ceil(kills / 20));
/** So that a key changes some times in a life. */
const epochMs = 40;
/** A life that does not get to where it was to die is killed anyway. */
const deadlyMsMax = 2_000;
const content = Buffer.alloc(20_000, 'a row of a file\n');

t.setTimeout((secondsMax + 180) * 1000);

type Moment = DeadlyPoint['moment'];
const at = (call: string, file: string, ...moments: readonly Moment[]): DeadlyPoint[] =>
  moments.map((moment) => ({ call, file, moment }));
const row = (event: string, ...moments: readonly Moment[]) => at('commit', event, ...moments);

/** Between a row and its checkpoint, and in each step of all that is more than one. */
const points: readonly DeadlyPoint[] = [
  ...row('directory.listed.1', 'before', 'after'),
  ...row('checkpoint.made.1', 'before', 'after'),
  ...row('checkpoint-key.announced.1', 'before', 'after'),
  ...row('ledger.verified.1', 'before', 'after'),
  ...at('writeFileSync', 'checkpoint-key.next.new', 'before', 'half', 'after'),
  ...at('renameSync', 'checkpoint-key.next.new', 'after'),
  ...at('writeSync', 'checkpoint-key', 'before', 'half', 'after'),
  ...at('renameSync', 'checkpoint-key.next', 'before', 'after'),
  ...at('appendFile', 'checkpoints.log', 'before', 'half', 'after'),
  ...at('datasync', 'checkpoints.log', 'after'),
  ...at('appendFile', '.notes', 'before', 'half', 'after'),
  ...at('datasync', '.notes', 'after'),
  ...at('writeFileSync', 'evidence_ed25519.next', 'before', 'half', 'after'),
  ...row('evidence-key.rotated.1', 'before'),
  ...row('evidence-key.adopted.1', 'before', 'after'),
  ...at('renameSync', 'evidence_ed25519.next', 'before', 'after'),
  ...at('writeSync', 'evidence_ed25519.old', 'before', 'half', 'after'),
  ...at('rmSync', 'evidence_ed25519.old', 'before', 'after'),
  ...at('writeFileSync', 'evidence_keys.new', 'half'),
  ...at('renameSync', 'evidence_keys.new', 'before', 'after'),
];

/** Deaths in a row: some are only met by who mends what another has left. */
const stories: readonly (readonly DeadlyPoint[])[] = [
  ...points.map((point) => [point]),
  ...(['before', 'after'] as const).map((moment) => [
    ...at('appendFile', 'checkpoints.log', 'half'),
    ...at('truncate', 'checkpoints.log', moment),
  ]),
  [
    ...at('writeSync', 'checkpoint-key', 'half'),
    ...at('writeSync', 'checkpoint-key', 'half'),
    ...at('renameSync', 'checkpoint-key.next', 'before'),
  ],
];

/** A story, and then somebody who kills whenever it is. */
const deaths: readonly (DeadlyPoint | null)[] = stories.flatMap((story) => [...story, null]);

function ordersFor(point: DeadlyPoint | null, random: Random) {
  const isOften = random.int(4) === 0;
  const isOf = (part: string) => point?.file.includes(part) ?? isOften;
  const isOnce = point?.call === 'truncate' || point?.file === 'ledger.verified.1';
  const nth = isOnce ? 1 : 1 + random.int(2);
  return {
    epochMs,
    isRotating: isOf('evidence'),
    isChecking: isOf('verified'),
    ...(point !== null && { death: { point, nth } }),
  };
}

function whenFor(point: DeadlyPoint | null, random: Random) {
  if (point !== null) return { msMax: deadlyMsMax, since: 'started' } as const;
  const since = random.pick(['ready', 'started', 'started'] as const);
  return { msMax: random.int(random.pick([60, 250, 600])), since };
}

t.test(`kill -9 of a ledger with all that signs it, ${kills} times`, async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const started = performance.now();
  const spentSeconds = () => (performance.now() - started) / 1000;
  const totals = { kills: 0, ledgers: 0, rows: 0, checkpoints: 0, notes: 0, checks: 0 };
  const met = new Map<string, number>();
  const directory = t.testdir();
  while (totals.kills < kills && spentSeconds() < secondsMax) {
    const home = new EvidenceHome(mkdtempSync(join(directory, 'ledger-')));
    t.teardown(() => home.close());
    for (let count = 0; count < killsPerLedger && totals.kills < kills; count += 1) {
      if (spentSeconds() > secondsMax) break;
      const point = deaths[totals.kills % deaths.length]!;
      const life = await home.live(ordersFor(point, random), whenFor(point, random));
      totals.kills += 1;
      totals.checks += life.checks;
      const left = await home.look();
      const wrong = [...life.problems, ...(left?.problems ?? [])];
      if (wrong.length > 0) {
        t.same(wrong, [], `kill ${totals.kills}: ${JSON.stringify(point)}`);
        return;
      }
      const where = point === null ? 'any' : Object.values(point).join(' ');
      met.set(where, (met.get(where) ?? 0) + Number(point === null || life.isDead));
    }
    t.same(await home.end(), [], 'the whole of it, to whoever verifies it');
    const { found, notes } = (await home.look())!;
    totals.ledgers += 1;
    totals.rows += found.rows;
    totals.checkpoints += found.checkpoints;
    totals.notes += notes;
  }
  t.comment(`${JSON.stringify(totals)} in ${Math.round(spentSeconds())} s, 0 false alarms`);
  for (const [where, count] of met) t.comment(`${where}: ${count}`);
  t.ok(totals.checkpoints > totals.kills / 2, 'the load was real');
});

/** Uploads, and asks for what makes a checkpoint, until the server is gone. */
async function useUntilKilled(server: LiveServer, amy: LiveUser, random: Random): Promise<void> {
  const client = await connectLive(server, amy);
  const uploads = async () => {
    for (let count = 0; ; count += 1) await client.sftp.put(`/outgoing/${count % 7}.csv`, content);
  };
  const exports = async () => {
    for (;;) await server.api('GET', '/v1/audit/proofs/1');
  };
  const work = Promise.allSettled([uploads(), exports()]);
  await sleep(random.between(100, 800));
  await server.stop('SIGKILL');
  await work;
  client.destroy();
}

t.test(`kill -9 of a server that others keep checkpoints of, ${serverKills} times`, async (t) => {
  const random = seededRandom();
  const kept = mkdtempSync(join(tmpdir(), 'waybill-witness-'));
  t.teardown(() => rmSync(kept, { recursive: true }));
  const witness = join(kept, 'witness');
  mkdirSync(witness);
  const { server, amy } = await startExchange(t, {
    WAYBILL_WORKERS: '0',
    WAYBILL_WITNESS_DIR: witness,
  });
  const env = {
    WAYBILL_URL: `http://127.0.0.1:${server.adminPort}`,
    WAYBILL_API_KEY: server.apiKey,
  };
  const said = async (...argv: string[]) => {
    const { status, out, err } = await waybill(argv, { env, nowMs: Date.now() });
    t.equal(status, 0, `waybill ${argv.join(' ')}: ${err}`);
    return out;
  };
  const signers = join(kept, 'allowed_signers');
  writeFileSync(signers, await said('certificate', 'signers'));
  for (let count = 0; count < serverKills; count += 1) {
    await useUntilKilled(server, amy, random);
    await server.start();
    await said('audit', 'verify', '--witness', witness);
    await said('audit', 'verify', '--scope', 'new');
  }
  const exported = join(kept, 'ledger.ndjson');
  await said('audit', 'export', '-o', exported);
  const notes = readdirSync(witness).flatMap((name) => ['--note', join(witness, name)]);
  const argv = [verifierFile, exported, '--trust', signers, ...notes];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  t.equal(status, 0, `${stdout}${stderr}`);
  t.comment(stdout.trim());
  t.notMatch(server.log(), /internal fault|does not verify/);
});

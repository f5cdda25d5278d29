import t from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomBytes } from 'node:crypto';
import { startLiveServer, type LiveServer } from '../fixtures/live-server.ts';
import { Auditor } from './fixtures/after-kill.ts';
import { BesidePurge, growingName } from './fixtures/beside-purge.ts';
import { runDoctor } from './fixtures/doctor.ts';
import { connectLive } from './fixtures/live-client.ts';
import { makeOld, partialBytes, sendFiles } from './fixtures/old-files.ts';
import { PurgeAudit } from './fixtures/purge-audit.ts';
import { seededRandom, type Random } from './fixtures/random.ts';

const WRITE = 2;
const CREAT = 8;
const kills = Number(process.env['KILLS'] ?? 30);
/** The kills end after the one that passes this; what is left is purged without. */
const secondsMax = Number(process.env['SECONDS_MAX'] ?? 40);
/** Every so many of the lives have clients beside; in the others the purge is alone and as fast as it gets. */
const busyEvery = 3;
const amounts = { small: 150, large: 120, partials: 30, clones: kills * 130 };

t.setTimeout((secondsMax + 240) * 1000);

/** An old upload that somebody goes on with once the plan is made: it is in the plan, and must not go. */
async function leaveGrowing(server: LiveServer, user: Parameters<typeof connectLive>[1]) {
  const content = randomBytes(300_000);
  const client = await connectLive(server, user);
  const handle = await client.sftp.open(`/outgoing/${growingName}`, WRITE | CREAT);
  await client.sftp.write(handle, 0, content.subarray(0, 30_000));
  await client.end();
  return content;
}

/** A plan of all that is old, on some of which there is a hold since. */
async function planned(server: LiveServer) {
  const { id: job } = await server.api<{ id: string }>('POST', '/v1/retention-jobs', {
    name: 'old files',
    agency: 'alameda',
    path: '/outgoing/**',
    olderThanDays: 90,
    targets: ['file', 'partial-upload'],
    schedule: '0 0 1 1 *',
    timezone: 'UTC',
  });
  const runs = `/v1/retention-jobs/${job}/runs`;
  const { id } = await server.api<{ id: string }>('POST', runs, { dryRun: true });
  const run = `${runs}/${id}`;
  for (let look = 0; look < 1_000; look += 1) {
    if ((await server.api(`GET`, run))['state'] === 'planned') break;
    await sleep(20);
  }
  await server.api('POST', '/v1/holds', {
    agency: 'alameda',
    path: '/outgoing/held-*',
    reason: 'Smith v. Alameda',
    authority: 'court',
  });
  return { id, run };
}

type Life = {
  readonly server: LiveServer;
  readonly runId: string;
  readonly beside: BesidePurge;
  readonly random: Random;
};

/** Begins what goes on beside. */
type Begin = (audit: PurgeAudit) => Promise<{ over: Promise<void> }>;

/**
 * Lets the server purge its share of what is left and kills it, wherever it is then.
 *
 * @returns how many things it has settled
 */
async function liveAndDie(
  { server, runId, beside, random }: Life,
  left: number,
  begin: Begin | null,
): Promise<number> {
  const audit = new PurgeAudit(server, runId);
  const before = audit.run();
  const share = 1 + random.int(Math.ceil((2 * (before.planned - before.next)) / left));
  const readBefore = beside.readAfterPurge;
  const work = await begin?.(audit);
  const mayDie = () => {
    const { next, state } = audit.run();
    if (state === 'done' || state === 'failed') return true;
    return (
      next >= before.next + share && (work === undefined || beside.readAfterPurge > readBefore)
    );
  };
  while (!mayDie()) await sleep(2);
  const { next } = audit.run();
  // Before the kill: as long as somebody has the database open, a start has less to recover.
  audit.close();
  if (random.int(2) === 0) await sleep(random.int(20));
  await server.stop('SIGKILL');
  await work?.over;
  return next - before.next;
}

t.test(`kill -9 during a purge, ${kills} times`, async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const server = await startLiveServer(t, {
    WAYBILL_WORKERS: process.env['WORKERS'] ?? '0',
    WAYBILL_RETENTION_SHARE_PERCENT: '100',
  });
  await server.addAgency('alameda');
  const amy = await server.addUser('amy', 'alameda');
  const growing = await leaveGrowing(server, amy);
  const { files, partials } = await sendFiles(server, amy, random, amounts);
  await server.stop();
  makeOld(server, random, { days: 100, clones: amounts.clones });
  await server.start();
  const { id: runId, run } = await planned(server);
  const beside = new BesidePurge(server, amy, files, growing);

  const begin: Begin = (audit) => beside.begin(audit);
  const beginAndApprove: Begin = async (audit) => {
    const work = await begin(audit);
    await server.api('POST', `${run}/approval`);
    return work;
  };
  const started = performance.now();
  const spentSeconds = () => (performance.now() - started) / 1000;
  const settled: number[] = [];
  let isOver = false;
  let startMs = 0;
  while (settled.length < kills && !isOver && spentSeconds() < secondsMax) {
    const isBusy = settled.length % busyEvery === 0;
    const how = settled.length === 0 ? beginAndApprove : isBusy ? begin : null;
    settled.push(await liveAndDie({ server, runId, beside, random }, kills - settled.length, how));
    const diedMs = performance.now();
    await server.start();
    startMs += performance.now() - diedMs;
    const audit = new PurgeAudit(server, runId);
    const problems = [...audit.problems(), ...beside.problems];
    isOver = audit.run().state === 'done';
    audit.close();
    if (problems.length > 0) {
      t.same(problems.slice(0, 10), [], `kill ${settled.length}`);
      return;
    }
  }
  t.comment(
    `${settled.length} kills in ${Math.round(spentSeconds())} s, ${Math.round(startMs / 1000)} s of them starts: ${settled.join(' ')}`,
  );

  const audit = new PurgeAudit(server, runId);
  const last = await beside.begin(audit);
  while (['approved', 'running'].includes(audit.run().state)) await sleep(10);
  beside.end();
  await last.over;
  t.same(beside.problems, []);
  t.same(audit.problems(), []);
  t.match(audit.run(), { state: 'done', failed: 0, skipped: 1, error: null });
  const [skipped, ...others] = audit.items().filter(({ state }) => /kept|busy|gone/.test(state));
  t.match(skipped, { path: `/outgoing/${growingName}` });
  t.same(others, []);
  t.equal(audit.run().planned, files.size + partials.size + amounts.clones + 1);
  const signers = await fetchText(server, '/v1/allowed-signers');
  t.same(audit.certificateProblems(/ssh-ed25519 \S+/.exec(signers)![0]), []);
  audit.close();
  t.ok(settled.length > 2, 'it was killed while it went on');
  t.ok(settled.filter((count) => count > 0).length > 2, 'and purged between the kills');
  t.ok(beside.readAfterPurge > 0 && beside.resumed > 1);
  t.comment(`${beside.readAfterPurge} files read after they were purged, ${beside.sent.size} sent`);

  const client = await connectLive(server, amy);
  const held = [...files].filter(([name]) => name.startsWith('held'));
  for (const [name, content] of [...held, ...beside.sent])
    if (!(await client.sftp.get(`/outgoing/${name}`)).equals(content))
      t.fail(`${name} is not what was sent`);
  const heldPartials = [...partials.keys()].filter((name) => name.startsWith('held'));
  for (const name of heldPartials)
    t.equal((await client.sftp.stat(`/outgoing/${name}`)).size, partialBytes);
  const expected = new Set([...held.map(([name]) => name), ...heldPartials, ...beside.sent.keys()]);
  const seen = (await client.sftp.list('/outgoing')).map(({ name }) => name);
  // Of what was being sent at a kill there is a partial.
  t.same(
    seen.filter((name) => !expected.has(name) && !name.startsWith('new-')),
    [],
    'nothing else is there',
  );
  t.same(
    [...expected].filter((name) => !seen.includes(name)),
    [],
  );
  await client.end();

  t.match(await server.api('GET', '/v1/audit/verification'), { ok: true });
  for (const event of ['retention-run.started.1', 'retention-run.ended.1'])
    t.equal((await server.all(`/v1/audit?event=${event}`)).length, 1, event);
  t.notMatch(server.log(), /internal fault/, 'no defect was logged');
  t.same(await runDoctor(server), [], 'waybill doctor finds nothing');
  t.same(new Auditor(server.dataDirectory).check(), [], 'no bytes without a row, no row without');
});

async function fetchText(server: LiveServer, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${server.adminPort}${path}`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  });
  return answer.text();
}

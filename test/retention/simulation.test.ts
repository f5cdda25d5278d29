/**
 * Ten years of an exchange with retention jobs, legal holds, kills of the server, units that fail and clocks that are set,
 * against a model: nothing goes before its time or under a hold, nothing that is old stays for more than one run, and
 * each thing that went has one certificate. `YEARS` and `SEEDS` make it longer, `SEED` says where it begins.
 */
import t, { type Test } from 'tap';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Database, Unit } from '../../server/database/units.ts';
import { Fault } from '../../server/domain/faults.ts';
import type { JobFields, RetentionRun } from '../../server/retention/views.ts';
import type { ExchangeClient } from '../fixtures/exchange.ts';
import { type Kept, type ModelHold, beganOf, isHeld, mayGo, thingOf } from './fixtures/model.ts';
import {
  Mortal,
  type Retained,
  createJob,
  dayMs,
  olga,
  openRetained,
  petra,
} from './fixtures/retained.ts';
import { Sightings, historyOf } from './fixtures/sightings.ts';

const years = Number(process.env['YEARS'] ?? 10);
const seeds = Number(process.env['SEEDS'] ?? 1);
const firstSeed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e6));

const jobs: readonly JobFields[] = [
  {
    name: 'files of alameda',
    agency: 'alameda',
    path: '/outgoing/**',
    olderThanDays: 60,
    clock: 'received',
    targets: ['file', 'partial-upload'],
    keepVersions: 0,
    schedule: '0 2 * * 1',
    timezone: 'America/Los_Angeles',
    enabled: true,
    needsApproval: false,
  },
  {
    name: 'what was collected',
    agency: null,
    path: '/outgoing/*',
    olderThanDays: 30,
    clock: 'collected',
    targets: ['file', 'previous-version'],
    keepVersions: 0,
    schedule: '30 3 */10 * *',
    timezone: 'UTC',
    enabled: true,
    needsApproval: false,
  },
  {
    name: 'earlier versions',
    agency: null,
    path: '/**/k*',
    olderThanDays: 20,
    clock: 'received',
    targets: ['previous-version'],
    keepVersions: 2,
    schedule: '15 4 1,15 * *',
    timezone: 'UTC',
    enabled: true,
    needsApproval: true,
  },
];

t.setTimeout(120_000 * Math.max(1, years * seeds));

const agencies = ['alameda', 'butte'] as const;

/** Numbers from 0 to less than 1, the same for a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class World {
  readonly #t: Test;
  readonly #random: () => number;
  readonly retained: Retained;
  readonly #jobIds = new Map<string, string>();
  readonly #sightings: Sightings;
  readonly #clients = new Map<string, ExchangeClient>();
  readonly #holds = new Map<string, ModelHold>();
  /** Ids of versions and uploads whose certificate was looked at. */
  readonly #certified = new Set<string>();
  #certifiedMs = 0;
  /** By job: what its run before has left though it might go, and might go at every look since. */
  readonly #missed = new Map<string, { things: ReadonlySet<string>; cutoffMs: number }>();
  /** By job: when its last thing went. */
  readonly #purgedAtMs = new Map<string, number>();
  /** Runs in which something came between their plan and their end. */
  readonly #disturbed = new Set<string>();
  readonly #ended = new Set<string>();
  #process = new Mortal();
  #failures = 0;
  readonly counts = {
    purged: 0,
    runs: 0,
    kills: 0,
    failures: 0,
    steps: 0,
    moments: 0,
    held: 0,
    late: 0,
  };

  constructor(t: Test, random: () => number, retained: Retained) {
    this.#t = t;
    this.#random = random;
    this.retained = retained;
    this.#sightings = new Sightings(retained);
  }

  async begin(): Promise<void> {
    const { exchange } = this.retained;
    for (const agency of agencies)
      this.#clients.set(agency, await exchange.connect({ username: `u-${agency}`, agency }));
    this.#clients.set(
      'dcss',
      await exchange.connect({ username: 'dora', agency: 'dcss', kind: 'state' }),
    );
    for (const job of jobs) this.#jobIds.set(job.name, (await createJob(this.retained, job)).id);
    // A clock that is off from the very first look on is seen by nobody.
    await this.retained.tick();
    this.#restart();
  }

  /** A part is over: what it did has to be right, and perhaps it was the last of this process. */
  #restOf(process: Mortal) {
    return async (workMs: number, signal?: AbortSignal): Promise<void> => {
      await this.#checkPurged();
      if (this.#chance(0.02)) this.#failures = 1 + this.#below(2);
      // Somebody asks for it while a run goes on.
      if (this.#chance(0.05)) await this.#placeHold();
      if (this.#chance(0.05)) await this.#liftHold();
      await process.rest(workMs, signal);
    };
  }

  #restart(): void {
    const { database } = this.retained.exchange;
    this.#process = new Mortal();
    if (this.#chance(0.6)) this.#process.left = 1 + this.#below(60);
    const rest = this.#restOf(this.#process);
    this.retained.restart({ rest, database: this.#flaky(database) });
  }

  /** Some units are undone at their end, as a disk has it. */
  #flaky(database: Database): Database {
    const fail = () => {
      if (this.#failures === 0) return;
      this.#failures -= 1;
      this.counts.failures += 1;
      throw new Fault('storage-failed');
    };
    return {
      ...database,
      retry: (work) => database.retry(work),
      write: (work, options) =>
        database.write(async (unit: Unit) => {
          const done = await work(unit);
          fail();
          return done;
        }, options),
    };
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!;
  }

  /** Some days, and what people do in it. */
  async day(): Promise<void> {
    const { clock } = this.retained;
    clock.pass(Math.floor((0.5 + 3 * this.#random()) * dayMs));
    for (let left = this.#below(3); left > 0; left -= 1) await this.#upload();
    if (this.#chance(0.3)) await this.#collect();
    if (this.#chance(0.08)) await this.#leavePartial();
    if (this.#chance(0.03)) await this.#placeHold();
    if (this.#chance(0.08)) await this.#liftHold();
    if (this.#chance(0.01)) await this.#setClock();
    if (this.#chance(0.01)) await this.#setClockForAMoment();
    await this.minute();
  }

  async #upload(): Promise<void> {
    const agency = this.#one(agencies);
    const name = `${this.#one(['a', 'k'])}${this.#below(12)}`;
    const content = Buffer.alloc(1 + this.#below(100), this.#below(256));
    await this.#clients.get(agency)!.put(`/outgoing/${name}`, content);
    await this.#kept();
  }

  async #collect(): Promise<void> {
    const files = (await this.#kept()).filter(({ target }) => target === 'file');
    if (files.length === 0) return;
    const { agency, path } = this.#one(files);
    await this.#clients.get('dcss')!.get(`/agencies/${agency}${path}`);
    await this.#kept();
  }

  async #leavePartial(): Promise<void> {
    const agency = this.#one(agencies);
    const { exchange } = this.retained;
    const client = await exchange.connect({ username: `u-${agency}`, agency });
    const handle = await client.open(`/outgoing/partial-${this.#below(5)}`, 0x1a);
    await client.write(handle, 0, Buffer.alloc(70_000));
    await client.drop();
    await this.#kept();
  }

  async #placeHold(): Promise<void> {
    const kept = (await this.#kept()).filter(({ target }) => target === 'file');
    if (kept.length === 0) return;
    const { agency, entryId, receivedAtMs } = this.#one(kept);
    const nowMs = this.retained.clock.now();
    const none = {
      agency: null,
      path: null,
      file: null,
      receivedFromMs: null,
      receivedUntilMs: null,
    };
    const scope = this.#one([
      { ...none, agency },
      { ...none, path: this.#one(['/outgoing/a*', '/**/k?', '/outgoing/partial-*']) },
      { ...none, agency, path: '/outgoing/k1*' },
      { ...none, file: entryId },
      {
        ...none,
        agency,
        receivedFromMs: receivedAtMs - 5 * dayMs,
        receivedUntilMs: receivedAtMs + dayMs,
      },
    ]);
    const untilMs = this.#chance(0.5) ? nowMs + this.#below(200 * dayMs) + 1 : null;
    const about = { reason: 'case', authority: 'court', untilMs };
    const { id } = await this.retained.retention.holds.place(olga, { ...scope, ...about });
    this.#holds.set(id, { ...scope, untilMs, liftedAtMs: null });
    await this.#kept();
    this.#changed();
  }

  async #liftHold(): Promise<void> {
    const nowMs = this.retained.clock.now();
    const standing = [...this.#holds].filter(
      ([, { liftedAtMs, untilMs }]) => liftedAtMs === null && (untilMs === null || untilMs > nowMs),
    );
    if (standing.length === 0) return;
    const [id, hold] = this.#one(standing);
    await this.retained.retention.holds.lift(olga, id, 'settled');
    this.#holds.set(id, { ...hold, liftedAtMs: nowMs });
    this.#changed();
  }

  /** Runs that are not over have plans of before. */
  #changed(): void {
    for (const id of this.#jobIds.values()) this.#disturbed.add(id);
  }

  /** People go on, whatever the clock says. */
  async #workMeanwhile(): Promise<void> {
    for (let left = 1 + this.#below(2); left > 0; left -= 1) await this.#upload();
    if (this.#chance(0.5)) await this.#collect();
    if (this.#chance(0.5)) await this.#leavePartial();
  }

  /** Nobody looks at the clock while it is off. */
  async #setClockForAMoment(): Promise<void> {
    const { clock } = this.retained;
    this.counts.moments += 1;
    clock.offMs = this.#one([-400, -30, 30, 400]) * dayMs;
    clock.pass(10_000);
    await this.#workMeanwhile();
    clock.pass(10_000);
    clock.offMs = 0;
  }

  /** Somebody sets the wall clock far off, a few minutes pass, and somebody sets it right and says so. */
  async #setClock(): Promise<void> {
    const { clock } = this.retained;
    this.counts.steps += 1;
    const before = this.counts.purged;
    clock.offMs = this.#one([-400, -30, -2, 2, 30, 400]) * dayMs;
    const isSeen = async () => (await this.retained.retention.clock.read()).problem !== null;
    // The unit that notes it may be one of those that fail.
    for (let minute = 0; minute < 3 || !(await isSeen()); minute += 1) {
      if (this.#chance(0.5)) await this.#workMeanwhile();
      await this.minute();
      clock.pass(60_000);
      if (minute > 20) throw new Error('nobody sees that the clock is off');
    }
    await this.#workMeanwhile();
    clock.offMs = 0;
    if (this.#chance(0.5)) await this.#workMeanwhile();
    await this.minute();
    if (this.counts.purged !== before) this.#t.fail('something went by a clock that is off');
    await this.retained.retention.clock.confirm(petra, 'set right');
    this.#changed();
  }

  /** A tick and all that comes of it, and perhaps the process dies of it or a little later; another begins at once. */
  async minute(): Promise<void> {
    const { retention } = this.retained;
    await this.#kept();
    // Units that failed are tried with the next tick.
    await this.#untilIdle(() => retention.tick().catch(() => undefined));
    if (await this.#checkRuns()) {
      // What was approved.
      await this.#untilIdle(async () => undefined);
      await this.#checkRuns();
    }
    if (!this.#process.isDead && !this.#chance(0.03)) return;
    this.counts.kills += this.#process.isDead ? 1 : 0;
    this.#changed();
    this.#restart();
    this.retained.clock.pass(60_000);
    await this.minute();
  }

  async #untilIdle(begin: () => Promise<void>): Promise<void> {
    const done = begin().then(() => this.retained.retention.idle());
    await Promise.race([done, this.#process.death]);
    await this.#checkPurged();
  }

  /** @returns whether a plan was decided */
  async #checkRuns(): Promise<boolean> {
    let isDecided = false;
    for (const job of jobs) {
      const id = this.#jobIds.get(job.name)!;
      const { lastRun: run } = await this.retained.retention.jobs.get(id);
      if (run?.state === 'planned') {
        await this.#approve(run);
        isDecided = true;
      }
      if (run?.state === 'done' && !this.#ended.has(run.id)) await this.#checkEnded(job, run);
      // It goes on another day, when other holds have ended.
      if (['planning', 'approved', 'running'].includes(run?.state ?? '')) this.#disturbed.add(id);
      if (run?.state === 'failed') this.#t.fail(`${job.name}: ${run.error}`);
    }
    return isDecided;
  }

  async #approve({ id, jobId, waitsFor }: RetentionRun): Promise<void> {
    if (waitsFor !== 'approval') this.#t.fail(`a plan waits for ${waitsFor}`);
    const { retention } = this.retained;
    await retention.runs.approve(petra, jobId, id).catch(async (fault: unknown) => {
      if (!(fault instanceof Fault) || fault.code !== 'conflict') throw fault;
      await retention.runs.cancel(petra, jobId, id);
    });
    this.#disturbed.add(jobId);
  }

  /** What a run has left though it might have gone: nothing, or what came to it in between, and then not twice. */
  async #checkEnded(job: JobFields, run: RetentionRun): Promise<void> {
    this.#ended.add(run.id);
    this.counts.runs += 1;
    const kept = await this.#kept();
    const held = this.#heldAmong(kept);
    const left = mayGo(kept, job, run.cutoffMs, held);
    const before = this.#missed.get(job.name)?.things ?? new Set();
    const twice = left.filter((each) => before.has(thingOf(each)));
    if (twice.length > 0) {
      this.#t.fail(`${job.name}: more than one run late: ${twice.map(thingOf).join()}`);
      await this.#tellOf(twice, run, kept);
    }
    if (left.length > 0 && !this.#disturbed.has(run.jobId) && !this.#isBesides(run)) {
      this.#t.fail(`${job.name}: late though nothing came between: ${left.map(thingOf).join()}`);
      await this.#tellOf(left, run, kept);
    }
    this.counts.late += left.length;
    this.#disturbed.delete(run.jobId);
    this.#missed.set(job.name, { things: new Set(left.map(thingOf)), cutoffMs: run.cutoffMs });
  }

  /** Another job took something since it was planned: what was in its way then may go now. */
  #isBesides({ jobId, createdAtMs }: RetentionRun): boolean {
    return [...this.#purgedAtMs].some(([id, atMs]) => id !== jobId && atMs >= createdAtMs);
  }

  /** No seed fails again, as kills and parts go by real time: what is to be known of a failure is told with it. */
  async #tellOf(things: readonly Kept[], run: RetentionRun, kept: readonly Kept[]) {
    const { trueMs, offMs } = this.retained.clock;
    const holds = [...this.#holds.values()];
    this.#t.comment(JSON.stringify({ run, trueMs, offMs, holds }));
    for (const thing of things) {
      const known = kept.filter(
        ({ entryId, path }) => entryId === thing.entryId || path === thing.path,
      );
      const history = await historyOf(this.retained, thing);
      this.#t.comment(JSON.stringify({ id: thing.id, known, ...history }));
    }
  }

  #heldAmong(kept: readonly Kept[]): ReadonlySet<string> {
    const nowMs = this.retained.clock.now();
    const held = kept.filter((each) => isHeld(each, [...this.#holds.values()], nowMs));
    this.counts.held += held.length;
    return new Set(held.map(({ id }) => id));
  }

  /** What may not go for a while, be it under a hold or among the newest again, is in nobody's debt for it. */
  #forgive(kept: readonly Kept[]): void {
    const nowMs = this.retained.clock.now();
    const holds = [...this.#holds.values()];
    for (const job of jobs) {
      const missed = this.#missed.get(job.name);
      if (missed === undefined || missed.things.size === 0) continue;
      const { things, cutoffMs } = missed;
      const entries = new Set(
        kept.filter((each) => things.has(thingOf(each))).map(({ entryId }) => entryId),
      );
      const near = kept.filter(({ entryId }) => entries.has(entryId));
      const held = near.filter((each) => isHeld(each, holds, nowMs)).map(({ id }) => id);
      const still = new Set(mayGo(near, job, cutoffMs, new Set(held)).map(thingOf));
      this.#missed.set(job.name, {
        things: new Set([...things].filter((each) => still.has(each))),
        cutoffMs,
      });
    }
  }

  async #kept(): Promise<readonly Kept[]> {
    const kept = await this.#sightings.look();
    this.#forgive(kept);
    return kept;
  }

  /** What has gone since the last look, by the certificates and by what is no longer there. */
  async #checkPurged(): Promise<void> {
    const { database } = this.retained.exchange;
    const before = this.#sightings.known;
    const rows = await database.read(({ query }) =>
      query
        .selectFrom('certificates')
        .select(['target_id', 'job_id', 'path', 'size', 'purged_at'])
        .where('purged_at', '>=', this.#certifiedMs)
        .execute(),
    );
    const fresh = rows.filter((row) => !this.#certified.has(row.target_id));
    if (fresh.length === 0) return;
    const there = new Set((await this.#kept()).map(({ id }) => id));
    const nowMs = this.retained.clock.now();
    for (const row of fresh) {
      this.#certified.add(row.target_id);
      this.#certifiedMs = row.purged_at;
      this.#purgedAtMs.set(row.job_id, row.purged_at);
      this.counts.purged += 1;
      const was = before.get(row.target_id);
      if (there.has(row.target_id)) this.#t.fail(`${row.path} has a certificate and is there`);
      if (was === undefined) {
        this.#t.fail(`${row.path} went unseen`);
        continue;
      }
      const job = jobs.find(({ name }) => this.#jobIds.get(name) === row.job_id)!;
      const ageMs = this.retained.clock.trueMs - beganOf(was, job, [...before.values()]);
      if (ageMs <= job.olderThanDays * dayMs)
        this.#t.fail(`early by ${job.name}: ${ageMs / dayMs} days`);
      if (isHeld(was, [...this.#holds.values()], nowMs)) this.#t.fail(`held: ${was.path}`);
      if (row.path !== was.path || row.size !== was.size) this.#t.fail(`another: ${row.path}`);
    }
  }

  async checkAll(): Promise<void> {
    const { database } = this.retained.exchange;
    const purges = await database.read(({ query }) =>
      query
        .selectFrom('ledger')
        .select(['event', 'body'])
        .where('event', 'in', ['file.purged.1', 'version.purged.1', 'upload.purged.1'])
        .execute(),
    );
    const certificates = await database.read(({ query }) =>
      query.selectFrom('certificates').select(['id', 'target_id']).execute(),
    );
    const told = purges.map(
      ({ body }) => (JSON.parse(body) as { certificate: string }).certificate,
    );
    this.#t.same(
      told.toSorted(),
      certificates.map(({ id }) => id).toSorted(),
      'each in the ledger',
    );
    this.#t.equal(new Set(certificates.map((each) => each.target_id)).size, certificates.length);
    this.#t.equal(this.counts.purged, certificates.length, 'each was looked at');
  }
}

/** In memory where the system has that: ten years are some ten thousand commits, and what a disk does is for other tests. */
function directoryOf(t: Test): string {
  if (!existsSync('/dev/shm')) return t.testdir();
  const directory = mkdtempSync('/dev/shm/waybill-');
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1)
  t.test(`${years} years, seed ${seed}`, async (t) => {
    const directory = directoryOf(t);
    const retained = await openRetained(t, { previousVersionsKeptMax: 4, directory });
    const world = new World(t, randomOf(seed), retained);
    await world.begin();
    const endMs = retained.clock.trueMs + years * 365.25 * dayMs;
    while (retained.clock.trueMs < endMs) await world.day();
    await world.checkAll();
    t.comment(JSON.stringify(world.counts));
    t.ok(world.counts.purged > years * 20, 'things went');
    t.ok(world.counts.kills > 0 && world.counts.failures > 0 && world.counts.steps > 0);
  });

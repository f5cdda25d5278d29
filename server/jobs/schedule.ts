import { Cron } from 'croner';

/** One thing that the server does by the clock. */
export type Job = {
  readonly name: string;
  /** Five-field cron expression, in UTC. */
  readonly when: string;
  readonly run: () => void | Promise<void>;
};

/** Who is told: of a job that failed, and of one whose time came while nothing could run or it ran still. */
export type ScheduleLog = {
  fault(error: unknown): void;
  late(words: string): void;
};

export type ScheduleClock = {
  /** Milliseconds since the epoch: the wall's clock, which may be set. */
  readonly now: () => number;
  readonly lookMs: number;
};

/** A job that begins later than that is told of. */
const lateMsMax = 10_000;
/** A clock that is slewed goes back by less. */
const backMsMax = 1_000;

/**
 * Starts the schedule; the function that is returned ends it. A job never runs beside itself, and a failure is told.
 *
 * The wall's clock is looked at every second by one that nobody sets, so that a step of it holds nothing up: set back, the
 * next times are reckoned from there; set ahead, or after the machine slept, what was due runs once (decision 0021).
 */
export function startSchedule(
  jobs: readonly Job[],
  log: ScheduleLog,
  { now, lookMs }: ScheduleClock = { now: Date.now, lookMs: 1_000 },
): () => void {
  const startedMs = now();
  const tasks = jobs.map((job) => new Task(job, log, startedMs));
  let lastMs = startedMs;
  const timer = setInterval(() => {
    const nowMs = now();
    for (const task of tasks) {
      if (nowMs < lastMs - backMsMax) task.reckon(nowMs);
      task.look(nowMs);
    }
    lastMs = nowMs;
  }, lookMs);
  return () => {
    clearInterval(timer);
    for (const task of tasks) task.stop();
  };
}

class Task {
  readonly #job: Job;
  readonly #log: ScheduleLog;
  readonly #times: Cron;
  #dueMs = Infinity;
  #isRunning = false;
  /** It was told that this run takes longer than there is from one time to the next. */
  #isTold = false;
  #isStopped = false;

  constructor(job: Job, log: ScheduleLog, nowMs: number) {
    this.#job = job;
    this.#log = log;
    this.#times = new Cron(job.when, { timezone: 'UTC', paused: true });
    this.reckon(nowMs);
  }

  /** The first time after this one is the next. */
  reckon(nowMs: number): void {
    this.#dueMs = this.#times.nextRun(new Date(nowMs))?.getTime() ?? Infinity;
  }

  look(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    const lateMs = nowMs - this.#dueMs;
    this.reckon(nowMs);
    if (this.#isRunning) {
      if (!this.#isTold) this.#log.late(`scheduled job ${this.#job.name}: it runs still`);
      this.#isTold = true;
      return;
    }
    if (lateMs > lateMsMax)
      this.#log.late(
        `scheduled job ${this.#job.name}: it begins ${Math.round(lateMs / 1_000)} s late`,
      );
    void this.#run();
  }

  /** What is under way ends by itself; what it meets then is no fault, as everything else ends, too. */
  stop(): void {
    this.#isStopped = true;
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#isTold = false;
    try {
      await this.#job.run();
    } catch (error) {
      if (!this.#isStopped)
        this.#log.fault(new Error(`the job ${this.#job.name} failed`, { cause: error }));
    } finally {
      this.#isRunning = false;
    }
  }
}

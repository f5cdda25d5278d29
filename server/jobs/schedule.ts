import { schedule, type ScheduledTask, type TaskOptions } from 'node-cron';

/** One thing that the server does by the clock. */
export type Job = {
  readonly name: string;
  /** Five-field cron expression, in UTC. */
  readonly when: string;
  readonly run: () => void | Promise<void>;
};

/** Who is told: of a job that failed, and of one whose time came while the process was held up. */
export type ScheduleLog = {
  fault(error: unknown): void;
  late(words: string): void;
};

/** Starts the schedule; the function that is returned stops it. A job never runs beside itself, and a failure is told. */
export function startSchedule(jobs: readonly Job[], log: ScheduleLog): () => Promise<void> {
  const tasks: ScheduledTask[] = jobs.map(({ name, when, run }) =>
    schedule(
      when,
      async () => {
        try {
          await run();
        } catch (error) {
          log.fault(new Error(`the job ${name} failed`, { cause: error }));
        }
      },
      { name, noOverlap: true, timezone: 'UTC', logger: loggerOf(name, log) },
    ),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}

/** node-cron's own writes coloured lines among the JSON of the log. */
function loggerOf(name: string, log: ScheduleLog): NonNullable<TaskOptions['logger']> {
  return {
    info: () => undefined,
    debug: () => undefined,
    warn: (words) => log.late(`scheduled job ${name}: ${words}`),
    error: (words, cause) =>
      log.fault(new Error(`the job ${name} failed: ${String(words)}`, { cause })),
  };
}

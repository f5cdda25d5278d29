import { schedule, type ScheduledTask } from 'node-cron';

/** One thing that the server does by the clock. */
export type Job = {
  readonly name: string;
  /** Five-field cron expression, in UTC. */
  readonly when: string;
  readonly run: () => void | Promise<void>;
};

/** Starts the schedule; the function that is returned stops it. A job never runs beside itself, and a failure is told. */
export function startSchedule(
  jobs: readonly Job[],
  onFault: (error: unknown) => void,
): () => Promise<void> {
  const tasks: ScheduledTask[] = jobs.map(({ name, when, run }) =>
    schedule(
      when,
      async () => {
        try {
          await run();
        } catch (error) {
          onFault(new Error(`the job ${name} failed`, { cause: error }));
        }
      },
      { name, noOverlap: true, timezone: 'UTC' },
    ),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}

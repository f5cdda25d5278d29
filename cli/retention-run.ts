import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { bodyOf } from './body.ts';
import { segment, withQuery } from './client.ts';
import { toStream } from './download.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { jobPath } from './retention-job.ts';
import { type Actor, type Rule, actorText, ruleText } from './retention-text.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';
import { formatSize } from './units.ts';

type Amount = { readonly files: number; readonly bytes: number };

type Run = {
  readonly id: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly cause: string;
  readonly dryRun: boolean;
  readonly state: string;
  readonly waitsFor: string | null;
  readonly rule: Rule;
  readonly requestedBy: Actor;
  readonly approvedBy: Actor | null;
  readonly cancelledBy: Actor | null;
  readonly createdAt: string;
  readonly planned: Amount;
  readonly purged: Amount;
  readonly held: number;
  readonly skipped: number;
  readonly failed: number;
  readonly progress: number;
  readonly error: string | null;
};

type Item = {
  readonly ordinal: number;
  readonly target: string;
  readonly agency: string;
  readonly path: string;
  readonly size: number;
  readonly clockAt: string;
  readonly state: string;
  readonly reason: string | null;
};

const states = ['planning', 'planned', 'approved', 'running', 'done', 'failed', 'cancelled'];
const itemStates = ['planned', 'purged', 'held', 'kept', 'busy', 'gone', 'failed'];

const columns: readonly Column<Run>[] = [
  { title: 'ID', value: (run) => run.id },
  { title: 'JOB', value: (run) => run.jobName },
  { title: 'BEGAN', value: (run) => run.createdAt, form: 'time' },
  { title: 'CAUSE', value: (run) => (run.dryRun ? 'dry run' : run.cause) },
  { title: 'STATE', value: stateText },
  { title: 'PLANNED', value: (run) => run.planned.files, form: 'number' },
  { title: 'PURGED', value: (run) => run.purged.files, form: 'number' },
  { title: 'BYTES', value: (run) => run.purged.bytes, form: 'size' },
  { title: 'HELD', value: (run) => run.held, form: 'number' },
  { title: 'SKIPPED', value: (run) => run.skipped, form: 'number' },
  { title: 'FAILED', value: (run) => run.failed, form: 'number' },
];

const itemColumns: readonly Column<Item>[] = [
  { title: 'NO', value: (item) => item.ordinal, form: 'number' },
  { title: 'STATE', value: (item) => item.state },
  { title: 'AGENCY', value: (item) => item.agency },
  { title: 'PATH', value: (item) => item.path },
  { title: 'WHAT', value: (item) => item.target },
  { title: 'SIZE', value: (item) => item.size, form: 'size' },
  { title: 'AGE FROM', value: (item) => item.clockAt, form: 'time' },
  { title: 'REASON', value: (item) => item.reason },
];

function stateText({ state, waitsFor }: Run): string {
  return waitsFor === null ? state : `${state}, waits (${waitsFor})`;
}

export function addRetentionRunCommands(program: Command, parts: CliParts): void {
  const run = program
    .command('retention-run')
    .description('the runs of retention jobs: their plans, how far they are, what they came to');

  run
    .command('list')
    .description('list the runs, the newest first')
    .option('--job <job>', 'only of this job, by its name or id')
    .addOption(new Option('--state <state>', 'only those').choices(states))
    .action(async ({ job, ...filter }: { job?: string; state?: string }, command: Command) => {
      const api = openApi(command, parts);
      const path = job === undefined ? '/retention-runs' : `${await jobPath(api, job)}/runs`;
      await api.list(api.client.pages<Run>(path, filter), { columns, none: 'no such runs' });
    });

  run
    .command('show <run>')
    .description('show one')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      showRun(api, await runOf(api, id));
    });

  run
    .command('start <job>')
    .description('start a run of a job, by its name or id')
    .option('--dry-run', 'only plan it: purge nothing')
    .option('--wait', 'until it is over, or waits for an approval')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      `
With --wait the exit status is 0 when the run is done (or the plan of a dry run is made), 1 when it failed or was
cancelled, and 4 when its plan waits for another administrator.

Examples:
  waybill retention-run start "reports after 90 days" --dry-run --wait
  waybill retention-run start "reports after 90 days" --wait`,
    )
    .action(async (job: string, options: StartOptions, command: Command) => {
      const api = openApi(command, parts);
      const path = await jobPath(api, job);
      if (options.dryRun !== true)
        await confirm(parts, options, `Destroy what the job ${job} finds, for good?`);
      const started = await api.client.post<Run>(`${path}/runs`, {
        dryRun: options.dryRun === true,
      });
      await tell(parts, api, started, options);
    });

  run
    .command('items <run>')
    .description('list what a run is about: what would go, went, or stayed and why')
    .addOption(new Option('--state <state>', 'only those').choices(itemStates))
    .option('--csv', 'write all of them as CSV')
    .action(async (id: string, { csv, ...filter }: ItemOptions, command: Command) => {
      const api = openApi(command, parts);
      const path = `${pathOf(await runOf(api, id))}/items`;
      if (csv === true) {
        const answer = await api.client.download(withQuery(path, { ...filter, format: 'csv' }));
        await toStream(bodyOf(answer), parts.stdout);
        return;
      }
      await api.list(api.client.pages<Item>(path, filter), {
        columns: itemColumns,
        none: 'nothing: there is nothing that is old enough',
      });
    });

  run
    .command('approve <run>')
    .description('have exactly this plan carried out')
    .option('--wait', 'until it is over')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, options: StartOptions, command: Command) => {
      const api = openApi(command, parts);
      const path = pathOf(await runOf(api, id));
      const { value: found, etag } = await api.client.getTagged<Run>(path);
      // While it is planned, what is asked about here is not yet all that it comes to.
      if (found.state !== 'planned')
        throw new CliFailure(
          exitCodes.failed,
          `the run is ${found.state}: there is no plan to approve`,
        );
      const what = amountText(found.planned);
      await confirm(parts, options, `Destroy ${what}, as ${found.jobName} planned, for good?`);
      const seen = { 'if-match': etag };
      const approved = await api.client.post<Run>(`${path}/approval`, {}, seen);
      await tell(parts, api, approved, options);
    });

  run
    .command('cancel <run>')
    .description('stop a run, or give its plan up; what is purged stays purged')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const found = await runOf(api, id);
      showRun(api, await api.client.post<Run>(`${pathOf(found)}/cancellation`, {}));
    });
}

function showRun(api: Api, run: Run): void {
  if (api.json) return api.show(run);
  const { rule, planned, purged, requestedBy, approvedBy, cancelledBy, progress, ...rest } = run;
  api.show({
    ...rest,
    rule: ruleText(rule),
    requestedBy: actorText(requestedBy),
    approvedBy: actorText(approvedBy),
    cancelledBy: actorText(cancelledBy),
    planned: amountText(planned),
    purged: amountText(purged),
    progress: percentText(progress),
  });
}

const amountText = ({ files, bytes }: Amount) => `${files} items, ${formatSize(bytes)}`;
const percentText = (progress: number) => `${Math.floor(progress * 100)} %`;

type StartOptions = { readonly dryRun?: boolean; readonly wait?: boolean; readonly yes?: boolean };
type ItemOptions = { readonly state?: string; readonly csv?: boolean };

function pathOf({ id, jobId }: Run): string {
  return `/retention-jobs/${segment(jobId)}/runs/${segment(id)}`;
}

/** A run by its id alone, among those of all jobs. */
async function runOf(api: Api, id: string): Promise<Run> {
  for await (const page of api.client.pages<Run>('/retention-runs'))
    for (const run of page) if (run.id === id) return run;
  throw new CliFailure(exitCodes.failed, `there is no run '${id}'`, [
    '`waybill retention-run list` shows them',
  ]);
}

async function tell(parts: CliParts, api: Api, run: Run, options: StartOptions): Promise<void> {
  const ended = options.wait === true ? await waitFor(parts, api, run) : run;
  showRun(api, ended);
  if (options.wait !== true) return;
  if (ended.state === 'failed' || ended.state === 'cancelled')
    throw new CliFailure(
      exitCodes.failed,
      `the run ${ended.id} is ${ended.state}`,
      ended.error === null ? [] : [ended.error],
    );
  if (ended.waitsFor !== null)
    throw new CliFailure(exitCodes.waiting, whyItWaits(ended), [
      `what would go: waybill retention-run items ${ended.id}`,
      `to have it carried out: waybill retention-run approve ${ended.id}`,
    ]);
}

function whyItWaits({ waitsFor }: Run): string {
  return waitsFor === 'share'
    ? 'the plan takes so much of what there is that somebody has to approve it'
    : 'the plan waits for another administrator';
}

const lookMs = 500;
const goingOn: readonly string[] = ['planning', 'approved', 'running'];

const looksPerClock = 4;
const clockWords =
  'it stands still: the clock has to be confirmed first (`waybill retention clock`, in another terminal)';

function hasMoved(before: Run, after: Run): boolean {
  const placeOf = ({ state, planned, progress }: Run) => [state, planned.files, progress].join();
  return placeOf(before) !== placeOf(after);
}

/** Whether the clock is why a run does not go on; a key that may not see that is told nothing. */
async function standsStill(api: Api): Promise<boolean> {
  try {
    const { problem } = await api.client.get<{ problem: string | null }>('/retention-clock');
    return problem !== null;
  } catch (error) {
    if (error instanceof CliFailure) return false;
    throw error;
  }
}

/** Looks at the run until it goes on no more, and shows a person how far it is. */
async function waitFor(parts: CliParts, api: Api, begun: Run): Promise<Run> {
  const { stderr } = parts;
  const show = (text: string) => {
    if (stderr.isTTY === true) stderr.write(`\r\u001b[K${text}`);
  };
  let run = begun;
  let isTold = false;
  try {
    for (let looks = 1; goingOn.includes(run.state); looks += 1) {
      show(progressText(run));
      await sleep(lookMs);
      const before = run;
      run = await api.client.get<Run>(pathOf(run));
      if (isTold || looks % looksPerClock !== 0 || hasMoved(before, run)) continue;
      isTold = await standsStill(api);
      if (isTold) {
        show('');
        writeLine(stderr, clockWords);
      }
    }
    return run;
  } finally {
    show('');
  }
}

/** `running: 1200 of 3000 (40 %), 1.2 GB` */
function progressText({ state, planned, purged, progress }: Run): string {
  if (state !== 'running') return `${state}: ${planned.files} found`;
  return `${state}: ${purged.files} of ${planned.files} (${percentText(progress)}), ${formatSize(purged.bytes)}`;
}

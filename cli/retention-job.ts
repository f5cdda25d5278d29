import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { countArgument, listArgument } from './arguments.ts';
import { segment } from './client.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type Run = { readonly id: string; readonly state: string };

export type Job = {
  readonly id: string;
  readonly name: string;
  readonly agency: string | null;
  readonly path: string;
  readonly olderThanDays: number;
  readonly clock: string;
  readonly targets: readonly string[];
  readonly schedule: string;
  readonly timezone: string;
  readonly enabled: boolean;
  readonly needsApproval: boolean;
  readonly nextRuns: readonly string[];
  readonly lastRun: Run | null;
};

const columns: readonly Column<Job>[] = [
  { title: 'ID', value: (job) => job.id },
  { title: 'NAME', value: (job) => job.name },
  { title: 'AGENCY', value: (job) => job.agency ?? 'all' },
  { title: 'PATH', value: (job) => job.path },
  { title: 'DAYS', value: (job) => job.olderThanDays, form: 'number' },
  { title: 'APPROVAL', value: (job) => (job.needsApproval ? 'yes' : 'no') },
  // As the API has it, in the time zone of the job: a schedule is meant in that.
  { title: 'NEXT RUN', value: (job) => (job.enabled ? job.nextRuns[0] : 'not enabled') },
  { title: 'LAST RUN', value: (job) => job.lastRun?.state },
];

type JobOptions = {
  readonly name?: string;
  readonly agency?: string;
  readonly path?: string;
  readonly olderThan?: number;
  readonly clock?: string;
  readonly target?: readonly string[];
  readonly keepVersions?: number;
  readonly schedule?: string;
  readonly timezone?: string;
  readonly enable?: true;
  readonly disable?: true;
  readonly approval?: boolean;
};

const examples = `
A pattern is a path of which a segment may have * and ?; a segment ** is any number of them. A schedule is cron: minute,
hour, day of the month, month, day of the week. Every job begins with a dry run:

Examples:
  waybill retention-job create --name "reports after 90 days" --agency alameda --path '/outgoing/**' \\
    --older-than 90 --schedule '30 2 * * *' --timezone America/Los_Angeles --approval
  waybill retention-run start "reports after 90 days" --dry-run --wait`;

export function addRetentionJobCommands(program: Command, parts: CliParts): void {
  const job = program
    .command('retention-job')
    .description('what is destroyed when it is old enough, and when that is looked for');

  job
    .command('list')
    .description('list the jobs')
    .option('--agency <code>', 'only those of this agency alone')
    .action(async (options: { agency?: string }, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Job>('/retention-jobs', options), {
        columns,
        none: 'there are no retention jobs: nothing is destroyed for its age',
      });
    });

  withJobOptions(
    job
      .command('create')
      .description('make a job')
      .requiredOption('--name <name>', 'what to call it')
      .option('--agency <code>', 'whose files; without it, of all agencies')
      .requiredOption('--path <pattern>', "which files, such as '/outgoing/**'")
      .requiredOption('--older-than <days>', 'how old they are to be, in days', wholeDays)
      .requiredOption('--schedule <cron>', "when to look, such as '30 2 * * *'"),
  )
    .option('--disable', 'only run it when asked to')
    .addHelpText('after', examples)
    .action(async (options: JobOptions, command: Command) => {
      const api = openApi(command, parts);
      const { agency } = options;
      showJob(
        api,
        await api.client.post<Job>('/retention-jobs', {
          ...fieldsOf(options),
          ...(agency !== undefined && { agency }),
        }),
      );
    });

  job
    .command('show <job>')
    .description('show one, by its name or id')
    .action(async (wanted: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      showJob(api, await api.client.get<Job>(await jobPath(api, wanted)));
    });

  withJobOptions(
    job
      .command('change <job>')
      .description('change a job; a plan of the rule before can no longer be approved')
      .option('--name <name>', 'what to call it')
      .option('--path <pattern>', 'which files')
      .option('--older-than <days>', 'how old they are to be, in days', wholeDays)
      .option('--schedule <cron>', 'when to look'),
  )
    .option('--no-approval', 'its plans are carried out by themselves')
    .addOption(new Option('--enable', 'run it by its schedule').conflicts('disable'))
    .option('--disable', 'only run it when asked to')
    .action(async (wanted: string, options: JobOptions, command: Command) => {
      const fields = fieldsOf(options);
      if (Object.keys(fields).length === 0)
        throw new CliFailure(exitCodes.usage, 'nothing to change: --help lists what there is');
      const api = openApi(command, parts);
      showJob(api, await api.client.patch<Job>(await jobPath(api, wanted), fields));
    });

  job
    .command('next <job>')
    .description('show when it runs next, in its time zone')
    .action(async (wanted: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const { enabled, nextRuns, timezone } = await api.client.get<Job>(await jobPath(api, wanted));
      if (api.json) api.show(nextRuns);
      else for (const time of nextRuns) writeLine(parts.stdout, time);
      if (!enabled) api.say('it is not enabled, and runs only when asked to');
      else if (nextRuns.length === 0) api.say(`never: the server does not know ${timezone}`);
      else api.say(`(${timezone})`);
    });

  job
    .command('remove <job>')
    .description('remove a job; its runs and certificates stay')
    .option('-y, --yes', 'do not ask')
    .action(async (wanted: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      const path = await jobPath(api, wanted);
      await confirm(parts, options, `Remove the retention job ${wanted}?`);
      await api.client.remove(path);
      api.say(`removed the retention job ${wanted}`);
    });
}

/** For people, of the last run only how it stands: `retention-run show` has the rest. */
function showJob(api: Api, job: Job): void {
  const { lastRun } = job;
  const words = lastRun === null ? null : `${lastRun.state} (${lastRun.id})`;
  api.show(api.json ? job : { ...job, agency: job.agency ?? 'all', lastRun: words });
}

function withJobOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--clock <clock>',
        'from when the age counts: the receipt, or when another agency had first read the whole of it',
      ).choices(['received', 'collected']),
    )
    .option(
      '--target <target>',
      'what goes, with commas: file, previous-version, partial-upload (files alone unless said)',
      listArgument,
    )
    .option(
      '--keep-versions <count>',
      'of each file the newest so many stay, or none',
      keptVersions,
    )
    .option('--timezone <zone>', 'that the schedule is meant in (UTC unless said)')
    .option('--approval', 'each plan waits for another administrator');
}

function fieldsOf(options: JobOptions): object {
  const { name, path, olderThan, clock, target, keepVersions, schedule, timezone } = options;
  const fields = {
    name,
    path,
    olderThanDays: olderThan,
    clock,
    targets: target,
    keepVersions,
    schedule,
    timezone,
    enabled: options.enable ?? (options.disable === true ? false : undefined),
    needsApproval: options.approval,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function wholeDays(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of days.');
  return Number(text);
}

function keptVersions(text: string): number {
  return text === 'none' || text === '0' ? 0 : countArgument(text);
}

const idForm = /^[0-9a-f]{32}$/;

/** The path of a job that is named by its id or its name. */
export async function jobPath(api: Api, wanted: string): Promise<string> {
  if (idForm.test(wanted)) return `/retention-jobs/${segment(wanted)}`;
  for await (const page of api.client.pages<Job>('/retention-jobs'))
    for (const { id, name } of page) if (name === wanted) return `/retention-jobs/${segment(id)}`;
  throw new CliFailure(exitCodes.failed, `there is no retention job '${wanted}'`, [
    '`waybill retention-job list` shows them',
  ]);
}

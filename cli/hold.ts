import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { absolutePath, expiryArgument, expiryHelp, nullFor, pastArgument } from './arguments.ts';
import { segment } from './client.ts';
import type { CliParts } from './parts.ts';
import { type Actor, actorText } from './retention-text.ts';
import { confirm } from './terminal.ts';
import { printable } from './text.ts';
import type { Column } from './text.ts';
import { formatTime, timeForm } from './units.ts';

type Scope = {
  readonly agency: string | null;
  readonly path: string | null;
  readonly file: string | null;
  readonly receivedFrom: string | null;
  readonly receivedUntil: string | null;
};

type Hold = Scope & {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly authority: string;
  readonly createdAt: string;
  readonly until: string | null;
  readonly placedBy: Actor;
  readonly liftedBy: Actor | null;
};

type PlaceOptions = {
  readonly agency?: string;
  readonly path?: string;
  readonly file?: string;
  readonly receivedFrom?: string;
  readonly receivedUntil?: string;
  readonly reason: string;
  readonly authority: string;
  readonly until?: string;
};

type ChangeOptions = Partial<Pick<PlaceOptions, 'reason' | 'authority' | 'until'>>;

const columns: readonly Column<Hold>[] = [
  { title: 'ID', value: (hold) => hold.id },
  { title: 'STATE', value: (hold) => hold.state },
  { title: 'ON', value: scopeText },
  { title: 'REASON', value: (hold) => hold.reason },
  { title: 'AUTHORITY', value: (hold) => hold.authority },
  { title: 'PLACED', value: (hold) => hold.createdAt, form: 'time' },
  { title: 'UNTIL', value: (hold) => hold.until ?? 'lifted', form: 'time' },
];

const placeHelp = `
What fits all that is said is held: it is not purged, not removed and not renamed, and stays where it is replaced. Say
at least one of --agency, --path, --file, --received-from and --received-until.

Examples:
  waybill hold place --agency alameda --path '/outgoing/2029/**' --reason "Smith v. Alameda" --authority "Superior Court 24-1183"
  waybill hold place --file 0197f3a1c2d4 --reason "audit of 2029" --authority "State Auditor" --until 2031-01-31
  waybill hold place --received-from 2029-01-01 --received-until 2029-07-01 --reason "record request" --authority "legal office"`;

export function addHoldCommands(program: Command, parts: CliParts): void {
  const hold = program
    .command('hold')
    .description('legal holds: what they are on is kept, whatever a job or a client wants');

  hold
    .command('list')
    .description('list the holds, the newest first')
    .option('--agency <code>', 'only those of this agency alone')
    .option('--file <id>', 'only those on this file by its id')
    .addOption(
      new Option('--state <state>', 'only those').choices(['standing', 'lifted', 'expired']),
    )
    .action(
      async (options: { agency?: string; file?: string; state?: string }, command: Command) => {
        const api = openApi(command, parts);
        await api.list(api.client.pages<Hold>('/holds', options), { columns, none: 'no holds' });
      },
    );

  hold
    .command('place')
    .description('place a hold')
    .option('--agency <code>', 'the files of this agency; all agencies if not given')
    .option('--path <pattern>', "paths in an agency's tree, such as '/outgoing/**', in quotes")
    .option('--file <id>', 'one file, by its id')
    .option(
      '--received-from <time>',
      `what came from then on; ${timeForm}`,
      pastArgument(parts.nowMs),
    )
    .option(
      '--received-until <time>',
      `what came before then; ${timeForm}`,
      pastArgument(parts.nowMs),
    )
    .requiredOption('--reason <text>', 'why; whoever is refused for it is told')
    .requiredOption('--authority <text>', 'who wants it; told as the reason is')
    .option('--until <when>', `when it ends by itself: ${expiryHelp}`, expiryArgument(parts.nowMs))
    .addHelpText('after', placeHelp)
    .action(async (options: PlaceOptions, command: Command) => {
      const api = openApi(command, parts);
      const { path, until, ...rest } = options;
      showHold(
        api,
        await api.client.post<Hold>('/holds', {
          ...rest,
          ...(path !== undefined && { path: absolutePath(path) }),
          ...(until !== undefined && { until: nullFor('never', until) }),
        }),
      );
    });

  hold
    .command('show <id>')
    .description('show one')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      showHold(api, await api.client.get<Hold>(at(id)));
    });

  hold
    .command('change <id>')
    .description(
      'change what is said of a hold, or have it last longer; to end it earlier, lift it',
    )
    .option('--reason <text>', 'the new reason')
    .option('--authority <text>', 'the new authority')
    .option('--until <when>', `a later end: ${expiryHelp}`, expiryArgument(parts.nowMs))
    .action(async (id: string, { until, ...words }: ChangeOptions, command: Command) => {
      const api = openApi(command, parts);
      showHold(
        api,
        await api.client.patch<Hold>(at(id), {
          ...words,
          ...(until !== undefined && { until: nullFor('never', until) }),
        }),
      );
    });

  hold
    .command('lift <id>')
    .description('lift a hold: what it kept may go from then on')
    .requiredOption('--reason <text>', 'why')
    .option('-y, --yes', 'do not ask')
    .action(async (id: string, options: { reason: string; yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      if (options.yes !== true && parts.stdin.isTTY === true) {
        const { reason, authority } = await api.client.get<Hold>(at(id));
        const what = printable(`${reason} (${authority})`);
        await confirm(parts, options, `Lift the hold for ${what}? What it kept may go then.`);
      }
      const { reason } = options;
      showHold(api, await api.client.post<Hold>(`${at(id)}/lifting`, { reason }));
    });
}

function showHold(api: Api, hold: Hold): void {
  if (api.json) return api.show(hold);
  const [placedBy, liftedBy] = [actorText(hold.placedBy), actorText(hold.liftedBy)];
  api.show({ ...hold, placedBy, liftedBy });
}

function at(id: string): string {
  return `/holds/${segment(id)}`;
}

/** `alameda /outgoing/**`, `file 0197f3a1c2d4`, `all agencies, received before 2029-07-01 00:00:00Z`. */
function scopeText({ agency, path, file, receivedFrom, receivedUntil }: Scope): string {
  const where = file === null ? (agency ?? 'all agencies') : `file ${file}`;
  const named = path === null ? where : `${where} ${path}`;
  const from = receivedFrom === null ? [] : [`received from ${formatTime(receivedFrom)}`];
  const until = receivedUntil === null ? [] : [`received before ${formatTime(receivedUntil)}`];
  return [named, ...from, ...until].join(', ');
}

import { distances } from './distance.ts';
import { goals, goalText, isReached, type GoalId } from './goals.ts';
import type { Machine, Versions } from './machine.ts';
import { times } from './statistics.ts';
import type { Findings, Table } from './trial.ts';

/** One trial's result, with what it was taken with. */
export type TrialResult = {
  readonly name: string;
  readonly at: string;
  readonly commit: string;
  readonly rounds: number;
  readonly mib: number;
  readonly quick: boolean;
  readonly seconds: number;
  readonly findings: Findings;
};

/** All that is known of one machine; what `--json` prints and the results file is made of. */
export type Results = {
  readonly machine: Machine;
  readonly versions: Versions;
  readonly trials: readonly TrialResult[];
};

const notMeasured = 'not measured';

/** The figures to reach beside what was measured. A goal that no trial spoke to has no figure. */
export function goalTable({ trials }: Results): Table {
  const lines = Object.entries(goals).map(([id, goal]) => {
    const source = trials.find(({ findings }) => findings.figures?.[id as GoalId] !== undefined);
    const figure = source?.findings.figures?.[id as GoalId];
    if (source === undefined || figure === undefined)
      return [goal.what, goalText(goal), notMeasured, 'no', ''];
    const reached = isReached(goal, figure) ? 'yes' : 'no';
    return [goal.what, goalText(goal), times(figure), reached, settingsOf(source)];
  });
  return {
    title: 'The figures to reach, as a multiple of sshd’s',
    columns: ['what', 'goal', 'measured', 'reached', 'run'],
    lines,
  };
}

function settingsOf({ rounds, mib, quick }: TrialResult): string {
  return `${rounds} rounds, ${mib} MiB${quick ? ', quick' : ''}`;
}

/** Lines of `goalTable` that have a figure. */
function spokenTo(results: Results): Table['lines'] {
  return goalTable(results).lines.filter((line) => !line.includes(notMeasured));
}

/** For a terminal: the tables, columns padded; of the goals only those that the run spoke to. */
export function textReport(results: Results): string {
  const lines = spokenTo(results);
  const tables = [
    ...results.trials.flatMap(({ findings }) => findings.tables),
    ...distances(results.trials),
    ...(lines.length === 0 ? [] : [{ ...goalTable(results), lines }]),
  ];
  return tables.map((table) => `\n${table.title}\n${textTable(table)}`).join('');
}

function textTable({ columns, lines, notes = [] }: Table): string {
  const all = [columns, ...lines];
  const widths = columns.map((_, column) =>
    Math.max(...all.map((line) => line[column]?.length ?? 0)),
  );
  const rows = all.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...rows, ...notes.map((note) => `* ${note}`), ''].join('\n');
}

/** The results file. `plotFile` is its neighbour. */
export function markdownReport(results: Results, plotFile: string): string {
  const { machine, versions, trials } = results;
  const hasPlot = trials.some(({ findings }) => findings.plot !== undefined);
  return [
    '# Results of `npm run bench`',
    'Written by `npm run bench -- --write`; do not edit. Medians of rounds in which the servers take turns; a ratio is the median of the ratios of each round. Server CPU is user and system time of the server’s whole process tree; memory is the peak of its Pss. Waybill has everything on: durable, hashed, encrypted at rest, recorded.',
    [
      `- machine: ${machine.line}`,
      `- kernel: ${machine.kernel}; file system: ${machine.fileSystem}`,
      `- versions: ${Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join('; ')}`,
    ].join('\n'),
    ...(spokenTo(results).length === 0 ? [] : markdownTable(goalTable(results), '##')),
    ...distances(trials).flatMap((table) => markdownTable(table, '##')),
    ...(hasPlot
      ? [
          '## Cost against size',
          `![Server CPU of one file against its size, Waybill and sshd](${plotFile})`,
        ]
      : []),
    ...trials.flatMap((trial) => [
      `## ${trial.name}`,
      `${trial.at}, commit ${trial.commit}, ${settingsOf(trial)}, ${trial.seconds.toFixed(0)} s.`,
      ...trial.findings.tables.flatMap((table) => markdownTable(table, '###')),
    ]),
    '',
  ].join('\n\n');
}

function markdownTable({ title, columns, lines, notes = [] }: Table, level: string): string[] {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [
    `${level} ${title}`,
    [row(columns), row(columns.map(() => '---')), ...lines.map(row)].join('\n'),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join('\n')]),
  ];
}

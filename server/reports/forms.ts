import { csvLine } from '../retention/certificate-forms.ts';
import { escaped, facts, pageFoot, pageHead, timeText, type Fact } from '../retention/page.ts';
import { charts } from './charts.ts';
import { isoOf } from './lines.ts';
import { printedLines } from './printed-lines.ts';
import type { Frame, Report } from './report.ts';
import type { MadeReport } from './reports.ts';

export const reportForms = ['json', 'csv', 'html'] as const;
export type ReportForm = (typeof reportForms)[number];

/** A report in a form, a piece at a time: it may have any number of lines. */
export function reportText(made: MadeReport, form: ReportForm): AsyncGenerator<string> {
  switch (form) {
    case 'json':
      return jsonOf(made);
    case 'csv':
      return csvOf(made);
    case 'html':
      return pageOf(made);
  }
}

async function* csvOf({ report }: MadeReport): AsyncGenerator<string> {
  yield csvLine(report.columns.map(({ name }) => name));
  for await (const line of report.lines)
    yield csvLine(line.map((cell) => (typeof cell === 'boolean' ? String(cell) : cell)));
}

/** One object. What the lines come to stands behind them: nobody knows it before. */
async function* jsonOf({ report, frame }: MadeReport): AsyncGenerator<string> {
  const head = {
    report: report.name,
    from: isoOf(frame.fromMs),
    to: isoOf(frame.toMs),
    agency: frame.agency ?? null,
    madeAt: isoOf(frame.madeAtMs),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"items":[`;
  let between = '';
  for await (const line of report.lines) {
    const item = Object.fromEntries(report.columns.map(({ name }, index) => [name, line[index]]));
    yield `${between}\n${JSON.stringify(item)}`;
    between = ',';
  }
  const { rowsLookedAt, totals, sums } = report.summary();
  const tail = {
    rowsLookedAt,
    totals,
    sums: Object.fromEntries(sums.map(({ name, rows }) => [name, rows])),
  };
  yield `],${JSON.stringify(tail).slice(1)}\n`;
}

/** A page to print. Charts stand before lines that sum up, and behind those that are written as they come. */
async function* pageOf({ report, frame }: MadeReport): AsyncGenerator<string> {
  yield [
    pageHead(report.title),
    `<h1>${escaped(report.title)}</h1>`,
    `<p class="lead">${escaped(frame.agency ?? 'all agencies')} <span>${escaped(isoOf(frame.fromMs))} until ${escaped(isoOf(frame.toMs))}</span></p>`,
    `<p>${escaped(report.about)}</p>`,
    report.sumsUp ? sumsOf(report, frame) : '',
    `<h2>${report.sumsUp ? 'In detail' : 'Each'}</h2>`,
    '',
  ].join('\n');
  const lines = printedLines(report.columns);
  let printed = 0;
  for await (const line of report.lines) {
    if (printed === 0) yield lines.head;
    printed += 1;
    yield lines.textOf(line);
  }
  yield printed === 0 ? '<p>There is nothing to tell.</p>\n' : '</tbody></table>\n';
  yield [
    report.sumsUp ? '' : sumsOf(report, frame),
    '<div class="sign"><p>Reviewed by</p><p>Date</p></div>',
    pageFoot,
  ].join('\n');
}

function sumsOf(report: Report, frame: Frame): string {
  const { totals, rowsLookedAt, sums } = report.summary();
  const counted = Object.entries(totals).map(([name, value]): Fact => [
    wordsOf(name),
    escaped(value.toLocaleString('en-US')),
  ]);
  const asked = (['path', 'sha256', 'file'] as const).flatMap((name): Fact[] => {
    const value = frame[name];
    return value === undefined ? [] : [[askedTexts[name], escaped(value)]];
  });
  return [
    facts([
      ...asked,
      ...counted,
      ['Rows looked at', escaped(rowsLookedAt.toLocaleString('en-US'))],
      ['Made', timeText(isoOf(frame.madeAtMs))],
    ]),
    charts(sums, frame),
  ].join('\n');
}

const askedTexts = { path: 'Path', sha256: 'SHA-256', file: 'File' } as const;

/** `filesSent` as `Files sent`. */
function wordsOf(name: string): string {
  const words = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

import { actorText, csvLine } from '../retention/certificate-forms.ts';
import { code, escaped, facts, pageFoot, pageHead, type Fact } from '../retention/page.ts';
import { localTime } from '../domain/wall-time.ts';
import { charts } from './charts.ts';
import { isoOf } from './lines.ts';
import type { Sum } from './report.ts';
import type { Counted, ReviewFigures } from './review-figures.ts';
import type { Review } from './review-rows.ts';

/** The review of a week as a page to print. It is made of what was kept alone, and so the same each time. */
export function reviewPage(review: Review): string {
  const { id, fromMs, untilMs, timezone, figures } = review;
  return [
    pageHead('Weekly review'),
    '<h1>Weekly review</h1>',
    `<p class="lead">${escaped(localTime(fromMs, timezone))} <span>until ${escaped(localTime(untilMs, timezone))}, ${escaped(timezone)}</span></p>`,
    facts([
      ['Review', code(id)],
      ['Made', escaped(isoOf(review.madeAtMs))],
      ['Ledger', ledgerText(figures)],
      ...acknowledgedFacts(review),
    ]),
    '<h2>The week in figures</h2>',
    facts(figuresOf(figures)),
    charts(sumsOf(figures), { fromMs, toMs: untilMs }),
    '<h2>Transfers by agency</h2>',
    transfersTable(figures.transfers),
    '<h2>What administrators changed</h2>',
    changesTable(figures.administration),
    '<h2>Locked accounts</h2>',
    countedTable('User', figures.locks),
    '<h2>Rows of the ledger by event</h2>',
    countedTable('Event', figures.events),
    '<h2>To compare</h2>',
    `<p>SHA-256 of the figures, which the ledger has in its row of this review: ${code(review.figuresSha256)}</p>`,
    '<div class="sign"><p>Reviewed by</p><p>Date</p></div>',
    pageFoot,
  ].join('\n');
}

function ledgerText({ verification }: ReviewFigures): string {
  const { ok, rows, firstBadRow, problem, at } = verification;
  return ok
    ? `verified, ${number(rows)} rows (${escaped(at)})`
    : `<strong>does not verify: row ${firstBadRow ?? '?'}: ${escaped(problem ?? 'bad')}</strong> (${escaped(at)})`;
}

function acknowledgedFacts({ acknowledgedAtMs, acknowledgedBy, note }: Review): readonly Fact[] {
  if (acknowledgedAtMs === null || acknowledgedBy === null) return [];
  const who = acknowledgedBy.kind === 'user' ? acknowledgedBy.username : actorText(acknowledgedBy);
  return [
    ['Acknowledged', `${escaped(isoOf(acknowledgedAtMs))} by ${escaped(who)}`],
    ['Note', escaped(note ?? '')],
  ];
}

const number = (value: number) => escaped(value.toLocaleString('en-US'));

function figuresOf(figures: ReviewFigures): readonly Fact[] {
  const { logins, holds, purges, administration } = figures;
  return [
    ['Logins', `${number(logins.accepted)} accepted, ${number(logins.refused)} refused`],
    ['For no user', `${number(logins.refusedForNobody)} of the refused ones`],
    ['Accounts locked', number(sumOf(figures.locks))],
    ['Sources banned', number(figures.bans)],
    ['Refused requests', number(figures.requestsRefused)],
    ['Refused API calls', number(figures.apiRequestsRefused)],
    ['Limits reached', number(sumOf(figures.limitsReached))],
    ['Admin changes', number(administration.changes)],
    [
      'Legal holds',
      `${number(holds.placed)} placed, ${number(holds.changed)} changed, ${number(holds.lifted)} lifted; ${number(holds.standing)} standing`,
    ],
    [
      'Purged',
      `${number(purges.files)} files, ${number(purges.bytes)} bytes, in ${number(purges.runs)} runs, of which ${number(purges.runsFailed)} failed`,
    ],
    ['Ledger rows', number(figures.rows)],
  ];
}

function sumOf(counted: readonly Counted[]): number {
  return counted.reduce((sum, { value }) => sum + value, 0);
}

function sumsOf({ logins, transfers }: ReviewFigures): readonly Sum[] {
  const bars = { shape: 'bars' } as const;
  const moved = transfers.map(({ agency, bytesSent, bytesCollected }) => ({
    name: agency,
    value: bytesSent + bytesCollected,
  }));
  return [
    {
      name: 'refusedByDay',
      title: 'Refused logins by day',
      shape: 'days',
      unit: 'logins',
      rows: logins.refusedByDay,
    },
    {
      name: 'refusedByReason',
      title: 'Refused logins by reason',
      ...bars,
      unit: 'logins',
      rows: logins.refusedByReason,
    },
    {
      name: 'refusedByUser',
      title: 'Users who were refused most often',
      ...bars,
      unit: 'logins',
      rows: logins.refusedByUser,
    },
    {
      name: 'bytes',
      title: 'Bytes moved by agency',
      ...bars,
      unit: 'bytes',
      rows: moved
        .filter(({ value }) => value > 0)
        .toSorted((one, other) => other.value - one.value),
    },
  ];
}

function transfersTable(transfers: ReviewFigures['transfers']): string {
  const rows = transfers.map(
    ({ agency, logins, filesSent, bytesSent, filesCollected, bytesCollected, brokenOff }) =>
      row([agency], [logins, filesSent, bytesSent, filesCollected, bytesCollected, brokenOff]),
  );
  const numbers = ['Logins', 'Sent', 'Bytes', 'Collected', 'Bytes', 'Broken off'];
  return table(['Agency'], numbers, rows);
}

function changesTable({ changes, byEvent, first }: ReviewFigures['administration']): string {
  if (changes === 0) return '<p>Nothing.</p>';
  const rows = first.map(({ row: seq, at, by, event, about }) =>
    row([at, by, event, about], [seq]),
  );
  const left = changes - first.length;
  return [
    countedTable('Event', byEvent),
    '<p></p>',
    table(['When (UTC)', 'By', 'Event', 'About'], ['Row'], rows),
    left > 0
      ? `<p>and ${number(left)} more, which <code>waybill audit search</code> shows</p>`
      : '',
  ].join('\n');
}

function countedTable(title: string, counted: readonly Counted[]): string {
  return table(
    [title],
    ['Times'],
    counted.map(({ name, value }) => row([name], [value])),
  );
}

function table(texts: readonly string[], numbers: readonly string[], rows: readonly string[]) {
  if (rows.length === 0) return '<p>None.</p>';
  const heads = [
    ...texts.map((text) => `<th>${text}</th>`),
    ...numbers.map((text) => `<th class="n">${text}</th>`),
  ];
  return `<table><thead><tr>${heads.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function row(texts: readonly string[], numbers: readonly number[]): string {
  const cells = [
    ...texts.map((text) => `<td class="w">${escaped(text)}</td>`),
    ...numbers.map((value) => `<td class="n">${number(value)}</td>`),
  ];
  return `<tr>${cells.join('')}</tr>`;
}

/** The figures one a line, each with where it stands in the JSON: `logins.refused,12`. */
export function reviewCsv({ figures }: Review): string {
  return [csvLine(['figure', 'value']), ...linesIn('', figures)].join('');
}

function linesIn(place: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null)
    return [csvLine([place, typeof value === 'number' ? value : textOf(value)])];
  return Object.entries(value).flatMap(([name, inner]) =>
    linesIn(place === '' ? name : `${place}.${name}`, inner),
  );
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

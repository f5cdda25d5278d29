import { bars, bytesText, countText, escaped, facts, pageFoot, pageHead } from './page.ts';
import { isoOf } from './parts.ts';
import type { FilesAndBytes, RetentionReport } from './views.ts';

type Expiring = RetentionReport['expiring'][number];

/** The report as a page to print: what goes soon, what should have gone, and what is oldest. */
export function reportPage(report: RetentionReport): string {
  const { atMs, days, expiring, overdue, oldest } = report;
  return [
    pageHead('Retention'),
    '<h1>Retention</h1>',
    `<p class="lead">What expires in the next ${days} days <span>as of ${escaped(isoOf(atMs))}</span></p>`,
    facts([
      ['Expires', amountText(sumOf(expiring.flatMap(({ byDay }) => byDay)))],
      ['Overdue', amountText(sumOf(overdue))],
    ]),
    '<h2>By day</h2>',
    dayChart(report),
    '<h2>By agency</h2>',
    agencyTable(expiring),
    '<h2>Overdue</h2>',
    '<p>Old enough to go, and still there: kept by a hold, or waiting for a run or its approval.</p>',
    overdueTable(overdue),
    '<h2>The oldest file of each agency</h2>',
    oldestTable(oldest),
    pageFoot,
  ].join('\n');
}

const amountText = ({ files, bytes }: FilesAndBytes) => `${countText(files)}, ${bytesText(bytes)}`;

function sumOf(amounts: readonly FilesAndBytes[]): FilesAndBytes {
  return amounts.reduce(
    (sum, { files, bytes }) => ({ files: sum.files + files, bytes: sum.bytes + bytes }),
    { files: 0, bytes: 0 },
  );
}

const dayMs = 24 * 60 * 60_000;
const chart = { left: 60, right: 630, top: 12, bottom: 150 } as const;

/** A column for each of the days, of all agencies together. */
function dayChart({ atMs, days, expiring }: RetentionReport): string {
  const filesOf = new Map<string, number>();
  for (const { day, files } of expiring.flatMap(({ byDay }) => byDay))
    filesOf.set(day, (filesOf.get(day) ?? 0) + files);
  if (filesOf.size === 0) return '<p>Nothing expires.</p>';
  const all = Array.from({ length: days + 1 }, (_, index) =>
    isoOf(atMs + index * dayMs).slice(0, 10),
  );
  const most = Math.max(...all.map((day) => filesOf.get(day) ?? 0), 1);
  const step = (chart.right - chart.left) / all.length;
  const columns = all.map((day, index) => {
    const files = filesOf.get(day) ?? 0;
    const height = Math.round(((chart.bottom - chart.top) * files) / most);
    const x = chart.left + index * step;
    const column = `<rect x="${x.toFixed(1)}" y="${chart.bottom - height}" width="${(step * 0.8).toFixed(1)}" height="${height}"><title>${day}: ${countText(files)}</title></rect>`;
    const isNamed = index % Math.ceil(all.length / 8) === 0;
    const name = `<text x="${(x + step * 0.4).toFixed(1)}" y="${chart.bottom + 16}">${day.slice(5)}</text>`;
    return isNamed ? column + name : column;
  });
  const { left, right, top, bottom } = chart;
  const frame = `<line class="grid" x1="${left}" y1="${top}" x2="${right}" y2="${top}"/><line x1="${left}" y1="${bottom}" x2="${right}" y2="${bottom}"/><text class="e" x="${left - 6}" y="${top + 4}">${most}</text><text class="e" x="${left - 6}" y="${bottom}">0</text>`;
  return `<svg viewBox="0 0 640 176" role="img" aria-label="items that expire on each day">${frame}${columns.join('')}</svg>`;
}

function agencyTable(expiring: readonly Expiring[]): string {
  if (expiring.length === 0) return '<p>None.</p>';
  const rows = expiring.map(({ agency, byDay }) => ({ agency, ...sumOf(byDay), first: byDay[0] }));
  const drawn = bars(
    'bytes that expire by agency',
    rows.map(({ agency, files, bytes }) => ({
      name: agency,
      value: bytes,
      words: amountText({ files, bytes }),
    })),
  );
  const cells = rows.map(({ agency, files, bytes, first }) =>
    row([escaped(agency), escaped(first?.day ?? '-')], [files, bytes]),
  );
  return `${drawn}${table(['Agency', 'First day'], ['Items', 'Bytes'], cells)}`;
}

function overdueTable(overdue: RetentionReport['overdue']): string {
  if (overdue.length === 0) return '<p>None.</p>';
  const rows = overdue.map(({ agency, files, bytes }) => row([escaped(agency)], [files, bytes]));
  return table(['Agency'], ['Items', 'Bytes'], rows);
}

function oldestTable(oldest: RetentionReport['oldest']): string {
  if (oldest.length === 0) return '<p>None.</p>';
  const rows = oldest.map(({ agency, path, receivedAtMs }) =>
    row([escaped(agency), escaped(isoOf(receivedAtMs)), escaped(path)], []),
  );
  return table(['Agency', 'Received (UTC)', 'Path'], [], rows);
}

function table(
  texts: readonly string[],
  numbers: readonly string[],
  rows: readonly string[],
): string {
  const heads = [
    ...texts.map((text) => `<th>${text}</th>`),
    ...numbers.map((text) => `<th class="n">${text}</th>`),
  ];
  return `<table><thead><tr>${heads.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function row(texts: readonly string[], numbers: readonly number[]): string {
  const cells = [
    ...texts.map((text) => `<td class="w">${text}</td>`),
    ...numbers.map((number) => `<td class="n">${number}</td>`),
  ];
  return `<tr>${cells.join('')}</tr>`;
}

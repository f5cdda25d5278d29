import { escaped } from '../retention/page.ts';
import type { Frame, Sum } from './report.ts';

const dayMs = 24 * 60 * 60_000;
const chart = { left: 70, right: 630, top: 12, bottom: 150 } as const;
const namesShown = 8;
const barsShown = 30;
const nameCharactersMax = 34;
/** Names end where bars begin, and the words beside the longest bar have room. */
const bar = { from: 236, longest: 290, high: 24 } as const;

/** Each sum under its title as an SVG, which needs no script. What has nothing to show is left out. */
export function charts(sums: readonly Sum[], frame: Pick<Frame, 'fromMs' | 'toMs'>): string {
  return sums
    .filter(({ rows }) => rows.some(({ value }) => value > 0))
    .map((sum) => {
      const drawn = sum.shape === 'days' ? dayChart(sum, frame) : barChart(sum);
      return `<h2>${escaped(sum.title)}</h2>\n${drawn}`;
    })
    .join('\n');
}

function barChart({ title, unit, rows }: Sum): string {
  const shown = rows.slice(0, barsShown);
  const left = rows.length - shown.length;
  const most = Math.max(...shown.map(({ value }) => value), 1);
  const drawn = shown.map(({ name, value }, index) => {
    const y = index * bar.high;
    const width = Math.max(1, Math.round((bar.longest * value) / most));
    return `<text x="${bar.from - 8}" y="${y + 16}" class="e">${escaped(shortened(name))}</text><rect x="${bar.from}" y="${y + 4}" width="${width}" height="16"/><text x="${bar.from + width + 8}" y="${y + 16}" class="s">${escaped(amountText(value, unit))}</text>`;
  });
  const chart = `<svg viewBox="0 0 640 ${shown.length * bar.high}" role="img" aria-label="${escaped(title)}">${drawn.join('')}</svg>`;
  return left > 0 ? `${chart}<p>and ${left} more</p>` : chart;
}

/** It stands before its bar, where there is so much room. */
function shortened(name: string): string {
  const characters = Array.from(name);
  return characters.length <= nameCharactersMax
    ? name
    : `${characters.slice(0, nameCharactersMax - 1).join('')}…`;
}

/** A column for each day of the time, UTC, those without anything included. */
function dayChart({ title, unit, rows }: Sum, { fromMs, toMs }: Pick<Frame, 'fromMs' | 'toMs'>) {
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const firstMs = Math.floor(fromMs / dayMs) * dayMs;
  const days = Array.from({ length: Math.ceil((toMs - firstMs) / dayMs) }, (_, index) =>
    new Date(firstMs + index * dayMs).toISOString().slice(0, 10),
  );
  const most = Math.max(...values.values(), 1);
  const { left, right, top, bottom } = chart;
  const step = (right - left) / days.length;
  const columns = days.map((day, index) => {
    const value = values.get(day) ?? 0;
    const height = value === 0 ? 0 : Math.max(1, Math.round(((bottom - top) * value) / most));
    const x = left + index * step;
    // Of few days each would be as wide as a page.
    const width = Math.min(step * 0.8, 40);
    const middle = x + step / 2;
    const column =
      height === 0
        ? ''
        : `<rect x="${(middle - width / 2).toFixed(1)}" y="${bottom - height}" width="${width.toFixed(1)}" height="${height}"><title>${day}: ${escaped(amountText(value, unit))}</title></rect>`;
    const isNamed = index % Math.ceil(days.length / namesShown) === 0;
    return isNamed
      ? `${column}<text x="${middle.toFixed(1)}" y="${bottom + 16}">${day.slice(5)}</text>`
      : column;
  });
  const frame = `<line class="grid" x1="${left}" y1="${top}" x2="${right}" y2="${top}"/><line x1="${left}" y1="${bottom}" x2="${right}" y2="${bottom}"/><text class="e" x="${left - 6}" y="${top + 4}">${escaped(shortAmount(most, unit))}</text><text class="e" x="${left - 6}" y="${bottom}">0</text>`;
  return `<svg viewBox="0 0 640 176" role="img" aria-label="${escaped(title)}">${frame}${columns.join('')}</svg>`;
}

function amountText(value: number, unit: Sum['unit']): string {
  if (unit === 'bytes') return bytesText(value);
  return value === 1 ? `1 ${unit.slice(0, -1)}` : `${value.toLocaleString('en-US')} ${unit}`;
}

function shortAmount(value: number, unit: Sum['unit']): string {
  return unit === 'bytes' ? bytesText(value) : value.toLocaleString('en-US');
}

/** Three significant digits and a unit of 1000s, as the command line says sizes. */
function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 'B'];
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    if (Number(value.toPrecision(3)) < 1000) break;
    [value, unit] = [value / 1000, next];
  }
  return `${unit === 'B' ? value : Number(value.toPrecision(3))} ${unit}`;
}

import { escaped } from '../retention/page.ts';
import type { Cell, Column } from './report.ts';

/** One cell of a printed table, and the columns that share it. */
type PrintedCell = { readonly title: string; readonly columns: readonly Place[] };
type Place = { readonly column: Column; readonly index: number };

/**
 * Lines as rows of a table that fits on paper: columns that belong together share a cell, and what is only there to be
 * compared (hashes, ids) stands below, over the whole width.
 */
export function printedLines(columns: readonly Column[]): {
  readonly head: string;
  readonly textOf: (line: readonly Cell[]) => string;
} {
  const places = columns.map((column, index) => ({ column, index }));
  const below = places.filter(({ column }) => column.isBelow === true);
  const cells = cellsOf(places.filter(({ column }) => column.isBelow !== true));
  const heads = cells.map((cell) =>
    isNumber(cell)
      ? `<th class="n">${escaped(cell.title)}</th>`
      : `<th>${escaped(cell.title)}</th>`,
  );
  const head = `<table><thead><tr>${heads.join('')}</tr></thead><tbody>\n`;
  const textOf = (line: readonly Cell[]) => {
    const row = cells.map((cell) => cellText(cell, line)).join('');
    const ids = below.map((place) => labelled(place, line)).filter((text) => text !== '');
    if (ids.length === 0) return `<tr>${row}</tr>\n`;
    return `<tr class="top">${row}</tr>\n<tr class="below"><td colspan="${cells.length}">${ids.join(' · ')}</td></tr>\n`;
  };
  return { head, textOf };
}

function cellsOf(places: readonly Place[]): readonly PrintedCell[] {
  const cells = new Map<string, Place[]>();
  for (const place of places) {
    // Two columns may have the same title.
    const key = place.column.cell ?? `${place.index}`;
    cells.set(key, [...(cells.get(key) ?? []), place]);
  }
  return [...cells.values()].map((own) => ({
    title: own[0]!.column.cell ?? own[0]!.column.title,
    columns: own,
  }));
}

function isNumber({ columns: [first, ...rest] }: PrintedCell): boolean {
  return rest.length === 0 && first?.column.form === 'number';
}

function cellText(cell: PrintedCell, line: readonly Cell[]): string {
  const [first, ...rest] = cell.columns;
  if (first === undefined) return '<td></td>';
  if (rest.length === 0) {
    const text = textOf(first, line);
    if (isNumber(cell)) return `<td class="n">${text}</td>`;
    return first.column.form === 'wide' ? `<td class="w">${text}</td>` : `<td>${text}</td>`;
  }
  // Where its first is empty it is about nothing: there is nothing to fill in, either.
  if (line[first.index] === null) return '<td></td>';
  const lines = [textOf(first, line), ...rest.map((place) => labelled(place, line))];
  const told = lines.filter((text) => text !== '').map((text) => `<div>${text}</div>`);
  return `<td class="w">${told.join('')}</td>`;
}

/** With its title before it; nothing for what is not there. */
function labelled(place: Place, line: readonly Cell[]): string {
  const text = textOf(place, line);
  return text === '' ? '' : `<span>${escaped(place.column.title)}</span> ${text}`;
}

function textOf({ column, index }: Place, line: readonly Cell[]): string {
  const cell = line[index] ?? null;
  if (cell === null) return column.isToFillIn === true ? '________' : '';
  if (typeof cell === 'number') return escaped(cell.toLocaleString('en-US'));
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  if (column.form === 'time') return escaped(cell.slice(0, 19).replace('T', ' '));
  return column.form === 'code' ? `<code>${escaped(cell)}</code>` : escaped(cell);
}

import { formatSize, formatTime } from './units.ts';

export type Column<T> = {
  readonly title: string;
  readonly value: (row: T) => unknown;
  /** `size` and `number` are set to the right. */
  readonly form?: 'time' | 'size' | 'number';
};

/**
 * C0, C1, direction marks, line separators and lone surrogates. Names and client versions come from strangers, and a
 * terminal obeys what it is sent.
 */
const unprintable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** The text with what would steer a terminal as `\u001b`. */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** JSON on as many lines as are needed; escapes as in `printable`, which JSON reads back as what they were. */
export function jsonText(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).split('\n').map(printable).join('\n');
}

/** Rows under titles, each column as wide as its widest cell. */
export function tableText<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const cells = rows.map((row) =>
    columns.map((column) => cellText(column.value(row), column.form)),
  );
  const lines = [columns.map((column) => column.title), ...cells];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => widthOf(line[index]!))));
  return lines
    .map((line) =>
      line
        .map((cell, index) => {
          const space = ' '.repeat(widths[index]! - widthOf(cell));
          const right = columns[index]!.form === 'size' || columns[index]!.form === 'number';
          return right ? space + cell : cell + space;
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cellText(value: unknown, form: Column<never>['form']): string {
  if (value === null || value === undefined || value === '') return '-';
  if (form === 'time') return formatTime(plainText(value));
  if (form === 'size' && typeof value === 'number') return formatSize(value);
  return printable(plainText(value));
}

/** Text as it is, and anything else as JSON. */
export function plainText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function widthOf(text: string): number {
  return Array.from(text.replace(/\p{M}/gu, '')).length;
}

/** An object of the API as `field: value` lines, with its own field names, so that they can be looked up. */
export function fieldsText(object: object): string {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...entries.map(([name]) => name.length)) + 2;
  return entries
    .map(([name, value]) => {
      const lines = fieldLines(name, value);
      return lines
        .map((line, index) => (index === 0 ? `${name}:`.padEnd(width) : ' '.repeat(width)) + line)
        .join('\n');
    })
    .join('\n');
}

function fieldLines(name: string, value: unknown): readonly string[] {
  if (value === null) return [nullWords[name] ?? '-'];
  if (
    typeof value === 'number' &&
    (name.endsWith('Bytes') || name === 'bytes' || name === 'size')
  ) {
    return [value < 1000 ? `${value} B` : `${formatSize(value)} (${value} bytes)`];
  }
  if (typeof value === 'string') {
    return [isTime(name) ? formatTime(value) : printable(value)];
  }
  if (name === 'loginMethods' && Array.isArray(value)) return [loginMethodsText(value)];
  if (Array.isArray(value)) {
    if (value.length === 0) return [emptyWords[name] ?? '-'];
    if (name.toLowerCase().endsWith('permissions')) return value.map(permissionText);
    return [value.map((item) => printable(plainText(item))).join(', ')];
  }
  return [printable(plainText(value))];
}

function isTime(name: string): boolean {
  return name.endsWith('At') || name.endsWith('Until') || timeNames.includes(name);
}

const timeNames: readonly string[] = [
  'at',
  'until',
  'receivedFrom',
  'cutoff',
  'now',
  'problemBefore',
  'problemAfter',
];
const nullWords: Readonly<Record<string, string>> = {
  expiresAt: 'never',
  quotaBytes: 'no limit',
  permissions: "the default of the agency's kind",
  lastUsedAt: 'never',
  lastLoginAt: 'never',
  lockedUntil: 'not locked',
  passwordSetAt: 'no password',
};
const emptyWords: Readonly<Record<string, string>> = {
  allowedCidrs: 'from everywhere',
  permissions: 'none',
};

/** `publickey+password or password`. */
export function loginMethodsText(ways: unknown): string {
  if (!Array.isArray(ways)) return '-';
  return printable(
    ways.map((way) => (Array.isArray(way) ? way.join('+') : plainText(way))).join(' or '),
  );
}

function permissionText(rule: unknown): string {
  const { path, allow } = rule as { path?: unknown; allow?: unknown };
  return printable(`${String(path)}=${Array.isArray(allow) ? allow.join(',') : ''}`);
}

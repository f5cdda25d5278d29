import { isLoginAccepted, loginsAccepted } from '../domain/events.ts';
import { Groups, Span, Tally, type Group } from './groups.ts';
import { linesOf, othersName, timeOf } from './lines.ts';
import type { Frame, Report, ReportParts, Sum } from './report.ts';
import { walkRows, type Looked } from './rows.ts';

/** Logins of an agency with one client, or with one algorithm of a kind. */
class InUse implements Group<InUse> {
  readonly agency: string;
  readonly kind: string;
  readonly name: string;
  readonly span = new Span();
  logins = 0;
  /** Of the last of them. */
  lastUser: string | null = null;

  constructor([agency, kind, name]: UseKey) {
    this.agency = agency;
    this.kind = kind;
    this.name = name;
  }

  get weight(): number {
    return this.logins;
  }

  add(atMs: number, user: string): void {
    this.logins += 1;
    this.span.add(atMs);
    this.lastUser = user;
  }

  take(other: InUse): void {
    this.logins += other.logins;
    this.span.take(other.span);
  }
}

type UseKey = readonly [agency: string, kind: string, name: string];

const clientsShown = 20;

/** What clients call themselves and which algorithms they agreed on, by agency: who has to move before one is switched off. */
export async function clientsReport(parts: ReportParts, frame: Frame): Promise<Report> {
  const looked: Looked = { rows: 0 };
  const groups = new Groups(parts.limits.reportGroupsMax, useOf);
  let logins = 0;
  for (const event of loginsAccepted)
    for await (const rows of walkRows(parts, { ...frame, event }, looked))
      for (const { body, atMs } of rows) {
        if (!isLoginAccepted(body)) continue;
        const { agency, username, client, algorithms } = body;
        if (frame.agency !== undefined && agency !== frame.agency) continue;
        logins += 1;
        for (const [kind, name] of [['client', client], ...Object.entries(algorithms)] as const)
          groups.at(JSON.stringify([agency, kind, name])).add(atMs, username);
      }
  const { others } = groups;
  const told = groups.sorted().toSorted(inOrder);
  const all = [...told, ...(others === null ? [] : [others.group])];
  return {
    name: 'clients',
    title: 'Clients and algorithms in use',
    about:
      'What each accepted login was made with: what the client calls itself, and each algorithm that it agreed on with the server.',
    sumsUp: true,
    columns: [
      { name: 'agency', title: 'Agency' },
      { name: 'kind', title: 'What' },
      { name: 'name', title: 'Name', form: 'wide' },
      { name: 'logins', title: 'Logins', form: 'number' },
      { name: 'firstAt', title: 'First (UTC)', form: 'time' },
      { name: 'lastAt', title: 'Last (UTC)', form: 'time' },
      { name: 'lastUser', title: 'Last user' },
    ],
    lines: linesOf(all, (one) => [
      one.agency,
      one.kind,
      one.name,
      one.logins,
      timeOf(one.span.firstMs),
      timeOf(one.span.lastMs),
      one.lastUser,
    ]),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals: { logins, ...(others !== null && { toldTogether: others.count }) },
      sums: sumsOf(told),
    }),
  };
}

function useOf(key: string): InUse {
  return new InUse(key === '' ? [othersName, '', ''] : (JSON.parse(key) as UseKey));
}

/** By agency and kind, clients first, and of them the most used. */
function inOrder(one: InUse, other: InUse): number {
  if (one.agency !== other.agency) return one.agency < other.agency ? -1 : 1;
  if (one.kind === other.kind) return 0;
  if (one.kind === 'client' || other.kind === 'client') return one.kind === 'client' ? -1 : 1;
  return one.kind < other.kind ? -1 : 1;
}

function sumsOf(told: readonly InUse[]): readonly Sum[] {
  const kinds = new Map<string, Tally>();
  for (const { kind, name, logins } of told) {
    const tally = kinds.get(kind) ?? new Tally();
    kinds.set(kind, tally);
    tally.add(name, logins);
  }
  const shown = ['client', ...[...kinds.keys()].filter((kind) => kind !== 'client').toSorted()];
  return shown.flatMap((kind): Sum[] => {
    const rows = kinds.get(kind)?.greatest(clientsShown) ?? [];
    const title = kind === 'client' ? 'Logins by client' : `Logins by ${kind}`;
    return rows.length === 0 ? [] : [{ name: kind, title, shape: 'bars', unit: 'logins', rows }];
  });
}

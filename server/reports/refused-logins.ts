import { Groups, Span, Tally, type Group } from './groups.ts';
import { dayOf, linesOf, othersName, timeOf } from './lines.ts';
import { KnownUsers } from './known-users.ts';
import type { Frame, Report, ReportParts } from './report.ts';
import { addressOf, walkRows, type Looked } from './rows.ts';

/** Logins that were refused for one reason, as one user, from one address. */
class Refusals implements Group<Refusals> {
  readonly username: string;
  readonly agency: string | null;
  readonly reason: string | null;
  readonly source: string | null;
  readonly span = new Span();
  logins = 0;

  constructor(key: RefusalKey) {
    this.username = key[0];
    this.agency = key[1];
    this.reason = key[2];
    this.source = key[3];
  }

  get weight(): number {
    return this.logins;
  }

  take(other: Refusals): void {
    this.logins += other.logins;
    this.span.take(other.span);
  }
}

type RefusalKey = readonly [
  username: string,
  agency: string | null,
  reason: string | null,
  source: string | null,
];

const namesShown = 20;

/** Refused logins by the name that was claimed, the reason and the address. Of one agency: those that claim one of its users. */
export async function refusedLoginsReport(parts: ReportParts, frame: Frame): Promise<Report> {
  const looked: Looked = { rows: 0 };
  const users = new KnownUsers(parts);
  const groups = new Groups(parts.limits.reportGroupsMax, refusalsOf);
  const [byDay, byReason] = [new Tally(), new Tally()];
  const walk = { ...frame, event: 'login.refused.1' } as const;
  for await (const rows of walkRows(parts, walk, looked)) {
    const refused = rows.flatMap(({ body, ...row }) =>
      body.event === 'login.refused.1' ? [{ ...row, ...body }] : [],
    );
    const agencies = await users.agenciesOf(refused.map(({ username }) => username));
    for (const { username, reason, source, atMs, count } of refused) {
      const agency = agencies.get(username) ?? null;
      if (frame.agency !== undefined && agency !== frame.agency) continue;
      const key: RefusalKey = [username, agency, reason, addressOf(source)];
      const group = groups.at(JSON.stringify(key));
      group.logins += count;
      group.span.add(atMs);
      byDay.add(dayOf(atMs), count);
      byReason.add(reason ?? 'unknown', count);
    }
  }
  const { others } = groups;
  const told = groups.sorted();
  const all = [...told, ...(others === null ? [] : [others.group])];
  return {
    name: 'refused-logins',
    title: 'Refused logins',
    about:
      'By the user that was claimed, the reason, and the address. The agency is that of a user of that name; without one there is no such user. What was claimed is evidence of nothing.',
    sumsUp: true,
    columns: [
      { name: 'username', title: 'Claimed user', form: 'wide' },
      { name: 'agency', title: 'Agency' },
      { name: 'reason', title: 'Reason' },
      { name: 'source', title: 'Address', form: 'wide' },
      { name: 'logins', title: 'Logins', form: 'number' },
      { name: 'firstAt', title: 'First (UTC)', form: 'time' },
      { name: 'lastAt', title: 'Last (UTC)', form: 'time' },
    ],
    lines: linesOf(all, ({ username, agency, reason, source, logins, span }) => [
      username,
      agency,
      reason,
      source,
      logins,
      timeOf(span.firstMs),
      timeOf(span.lastMs),
    ]),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals: {
        logins: all.reduce((sum, { logins }) => sum + logins, 0),
        ...(others !== null && { toldTogether: others.count }),
      },
      sums: [
        days('byDay', 'Refused logins by day', byDay),
        bars('byReason', 'By reason', byReason.greatest(Infinity)),
        bars('byUser', 'Claimed users, the most often refused', most(told, userText)),
        bars('bySource', 'Addresses, the most often refused', most(told, sourceText)),
      ],
    }),
  };
}

function refusalsOf(key: string): Refusals {
  return key === ''
    ? new Refusals([othersName, null, null, null])
    : new Refusals(JSON.parse(key) as RefusalKey);
}

const userText = ({ username, agency }: Refusals) =>
  agency === null ? `${username} (nobody)` : username;
const sourceText = ({ source }: Refusals) => source ?? 'several';

function most(all: readonly Refusals[], nameOf: (one: Refusals) => string) {
  const tally = new Tally();
  for (const one of all) tally.add(nameOf(one), one.logins);
  return tally.greatest(namesShown);
}

function days(name: string, title: string, tally: Tally) {
  return { name, title, shape: 'days', unit: 'logins', rows: tally.inOrder() } as const;
}

function bars(name: string, title: string, rows: { name: string; value: number }[]) {
  return { name, title, shape: 'bars', unit: 'logins', rows } as const;
}

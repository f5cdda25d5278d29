import { isLoginAccepted, loginsAccepted } from '../domain/events.ts';
import type { RowBody } from './rows.ts';
import { Groups, Span, Tally, type Group } from './groups.ts';
import { dayOf, linesOf, othersName, timeOf } from './lines.ts';
import type { Frame, Report, ReportParts } from './report.ts';
import { walkRows, whoOf, type Looked } from './rows.ts';

/** What somebody did in a time. */
export class Access implements Group<Access> {
  readonly agency: string | null;
  readonly user: string;
  readonly span = new Span();
  logins = 0;
  filesSent = 0;
  bytesSent = 0;
  filesCollected = 0;
  bytesCollected = 0;
  brokenOff = 0;

  constructor(agency: string | null, user: string) {
    this.agency = agency;
    this.user = user;
  }

  get weight(): number {
    return this.logins + this.filesSent + this.filesCollected + this.brokenOff;
  }

  add(body: RowBody): void {
    if (isLoginAccepted(body)) this.logins += 1;
    if (body.event !== 'file.closed.1') return;
    const { state, bytesRead, bytesWritten } = body;
    if (state === 'published') this.filesSent += 1;
    else if (state === 'completed') this.filesCollected += 1;
    else if (state !== 'unchanged') this.brokenOff += 1;
    this.bytesSent += bytesWritten;
    this.bytesCollected += bytesRead;
  }

  take(other: Access): void {
    this.logins += other.logins;
    this.filesSent += other.filesSent;
    this.bytesSent += other.bytesSent;
    this.filesCollected += other.filesCollected;
    this.bytesCollected += other.bytesCollected;
    this.brokenOff += other.brokenOff;
    this.span.take(other.span);
  }
}

const events = [...loginsAccepted, 'file.closed.1'] as const;

/** Logins and transfers by agency and user. Of one agency: what its users did anywhere, and what others did in its tree. */
export async function accessReport(parts: ReportParts, frame: Frame): Promise<Report> {
  const looked: Looked = { rows: 0 };
  const groups = new Groups(parts.limits.reportGroupsMax, accessOf);
  const days = { sent: new Tally(), collected: new Tally() };
  for (const event of events)
    for await (const rows of walkRows(parts, { ...frame, event }, looked))
      for (const { body, atMs } of rows) {
        const { name, agency } = whoOf(body.actor);
        if (!isAbout(frame.agency, agency, body)) continue;
        const group = groups.at(`${agency ?? ''} ${name}`);
        group.add(body);
        group.span.add(atMs);
        if (body.event !== 'file.closed.1') continue;
        days.sent.add(dayOf(atMs), body.bytesWritten);
        days.collected.add(dayOf(atMs), body.bytesRead);
      }
  const { others } = groups;
  const all = [...groups.sorted(), ...(others === null ? [] : [others.group])];
  return {
    name: 'access',
    title: 'Access by agency and user',
    about:
      'Logins, and files that were sent and collected whole. Bytes are all that moved, also of transfers that broke off. An administrator is admin:<name of the key>.',
    sumsUp: true,
    columns: [
      { name: 'agency', title: 'Agency' },
      { name: 'user', title: 'User' },
      { name: 'logins', title: 'Logins', form: 'number' },
      { name: 'filesSent', title: 'Sent', form: 'number' },
      { name: 'bytesSent', title: 'Bytes', form: 'number' },
      { name: 'filesCollected', title: 'Collected', form: 'number' },
      { name: 'bytesCollected', title: 'Bytes', form: 'number' },
      { name: 'brokenOff', title: 'Broken off', form: 'number' },
      { name: 'firstAt', title: 'First (UTC)', form: 'time' },
      { name: 'lastAt', title: 'Last (UTC)', form: 'time' },
    ],
    lines: linesOf(all, (one) => [
      one.agency,
      one.user,
      one.logins,
      one.filesSent,
      one.bytesSent,
      one.filesCollected,
      one.bytesCollected,
      one.brokenOff,
      timeOf(one.span.firstMs),
      timeOf(one.span.lastMs),
    ]),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals: totalsOf(all, others?.count ?? 0),
      sums: sumsOf(all, days),
    }),
  };
}

/** @param key an agency, empty for none, and a name; empty for those that are told together */
function accessOf(key: string): Access {
  const [agency = '', ...name] = key.split(' ');
  return key === '' ? new Access(null, othersName) : new Access(agency || null, name.join(' '));
}

/** Whether a row is of a user of the agency, or about its tree. */
function isAbout(wanted: string | undefined, agencyOfUser: string | null, body: RowBody): boolean {
  if (wanted === undefined || agencyOfUser === wanted) return true;
  return body.event === 'file.closed.1' && body.agency === wanted;
}

function totalsOf(all: readonly Access[], toldTogether: number): Record<string, number> {
  const sum = new Access(null, '');
  for (const one of all) sum.take(one);
  const { logins, filesSent, bytesSent, filesCollected, bytesCollected, brokenOff } = sum;
  return {
    logins,
    filesSent,
    bytesSent,
    filesCollected,
    bytesCollected,
    brokenOff,
    ...(toldTogether > 0 && { toldTogether }),
  };
}

function sumsOf(all: readonly Access[], days: { sent: Tally; collected: Tally }) {
  const [sent, collected] = [new Tally(), new Tally()];
  for (const one of all) {
    const name = one.agency ?? one.user;
    sent.add(name, one.bytesSent);
    collected.add(name, one.bytesCollected);
  }
  const byDay = { shape: 'days', unit: 'bytes' } as const;
  const byAgency = { shape: 'bars', unit: 'bytes' } as const;
  return [
    { name: 'sentByDay', title: 'Bytes sent by day', ...byDay, rows: days.sent.inOrder() },
    {
      name: 'collectedByDay',
      title: 'Bytes collected by day',
      ...byDay,
      rows: days.collected.inOrder(),
    },
    {
      name: 'sentByAgency',
      title: 'Bytes sent by agency',
      ...byAgency,
      rows: positive(sent.greatest(Infinity)),
    },
    {
      name: 'collectedByAgency',
      title: 'Bytes collected by agency',
      ...byAgency,
      rows: positive(collected.greatest(Infinity)),
    },
  ] as const;
}

const positive = (rows: { readonly name: string; readonly value: number }[]) =>
  rows.filter(({ value }) => value > 0);

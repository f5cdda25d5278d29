import { isLoginAccepted } from '../domain/events.ts';
import { Access } from './access.ts';
import { adminChangeOf, type AdminChange } from './admin-changes.ts';
import { Groups, Tally } from './groups.ts';
import { dayOf, isoOf, othersName } from './lines.ts';
import { KnownUsers } from './known-users.ts';
import type { Frame, ReportParts } from './report.ts';
import { walkRows, whoOf, type Looked, type RowBody, type SeenRow } from './rows.ts';

export type Counted = { readonly name: string; readonly value: number };

/** Whether the ledger was found to be whole, when the review was made. */
export type Verified = {
  readonly ok: boolean;
  readonly rows: number;
  readonly firstBadRow: number | null;
  readonly problem: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
};

/**
 * What happened in a week. It names users, agencies and keys, and neither files nor what strangers claimed to be: it is
 * kept, and what is redacted later must not stand here.
 */
export type ReviewFigures = {
  readonly version: 1;
  /** Of the ledger. */
  readonly rows: number;
  /** Rows by event. */
  readonly events: readonly Counted[];
  readonly logins: {
    readonly accepted: number;
    readonly refused: number;
    readonly refusedByDay: readonly Counted[];
    readonly refusedByReason: readonly Counted[];
    /** Claimed by whoever it was; the most often refused. */
    readonly refusedByUser: readonly Counted[];
    /** For names that no user has. */
    readonly refusedForNobody: number;
  };
  /** Accounts that were locked, by user, and sources that were kept out. */
  readonly locks: readonly Counted[];
  readonly bans: number;
  readonly limitsReached: readonly Counted[];
  readonly requestsRefused: number;
  readonly apiRequestsRefused: number;
  readonly transfers: readonly {
    readonly agency: string;
    readonly logins: number;
    readonly filesSent: number;
    readonly bytesSent: number;
    readonly filesCollected: number;
    readonly bytesCollected: number;
    readonly brokenOff: number;
  }[];
  readonly administration: {
    readonly changes: number;
    readonly byEvent: readonly Counted[];
    /** The first of them. */
    readonly first: readonly AdminChange[];
  };
  readonly holds: {
    readonly placed: number;
    readonly changed: number;
    readonly lifted: number;
    /** When the review was made. */
    readonly standing: number;
  };
  readonly purges: {
    readonly files: number;
    readonly bytes: number;
    readonly runs: number;
    readonly runsFailed: number;
  };
  readonly verification: Verified;
};

const usersShown = 50;
const changesShown = 200;
const agenciesTold = 1_000;

export type FiguresParts = ReportParts & {
  /** Of the whole ledger. */
  readonly verify: () => Promise<Omit<Verified, 'at'>>;
};

export async function figuresOf(parts: FiguresParts, frame: Frame): Promise<ReviewFigures> {
  const sums = new WeekSums(new KnownUsers(parts));
  const looked: Looked = { rows: 0 };
  for await (const rows of walkRows(parts, { ...frame, event: null }, looked)) await sums.add(rows);
  const verified = await parts.verify();
  const { standing, nowMs } = await parts.database.read(async ({ query, nowMs }) => ({
    nowMs,
    standing: await query
      .selectFrom('holds')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('lifted_at', 'is', null)
      .where((where) => where.or([where('until', 'is', null), where('until', '>', nowMs)]))
      .executeTakeFirstOrThrow(),
  }));
  const { ok, rows, firstBadRow, problem } = verified;
  return sums.figures({
    standing: standing.count,
    verification: { ok, rows, firstBadRow, problem, at: isoOf(nowMs) },
  });
}

/** Of all rows of a week, what its figures are made of. */
class WeekSums {
  readonly #users: KnownUsers;
  #rows = 0;
  readonly #events = new Tally();
  readonly #refused = {
    byDay: new Tally(),
    byReason: new Tally(),
    byUser: new Tally(),
    nobody: 0,
  };
  readonly #locks = new Tally();
  readonly #limits = new Tally();
  readonly #refusals = { bans: 0, requests: 0, api: 0 };
  readonly #access = new Groups(
    agenciesTold,
    (agency) => new Access(agency === '' ? othersName : agency, ''),
  );
  readonly #changes = { byEvent: new Tally(), count: 0, first: [] as AdminChange[] };
  readonly #holds = { placed: 0, changed: 0, lifted: 0 };
  readonly #purges = { files: 0, bytes: 0, runs: 0, runsFailed: 0 };

  constructor(users: KnownUsers) {
    this.#users = users;
  }

  async add(rows: readonly SeenRow[]): Promise<void> {
    const claimed = rows.flatMap(({ body }) =>
      body.event === 'login.refused.1' ? [body.username] : [],
    );
    const known = await this.#users.agenciesOf(claimed);
    for (const row of rows) {
      this.#rows += 1;
      this.#events.add(row.body.event, 1);
      this.#addAccess(row.body);
      this.#addRefusal(row, known);
      this.#addKept(row.body);
      const change = adminChangeOf(row);
      if (change === null) continue;
      this.#changes.count += 1;
      this.#changes.byEvent.add(change.event, 1);
      if (this.#changes.first.length < changesShown) this.#changes.first.push(change);
    }
  }

  #addAccess(body: RowBody): void {
    if (!isLoginAccepted(body) && body.event !== 'file.closed.1') return;
    const { agency, name } = whoOf(body.actor);
    this.#access.at(agency ?? name).add(body);
  }

  #addRefusal({ body, atMs, reason }: SeenRow, known: ReadonlyMap<string, string>): void {
    const { event } = body;
    if (event === 'login.refused.1') {
      this.#refused.byDay.add(dayOf(atMs), body.count);
      this.#refused.byReason.add(reason ?? 'unknown', body.count);
      if (known.has(body.username)) this.#refused.byUser.add(body.username, body.count);
      else this.#refused.nobody += body.count;
    } else if (event === 'user.locked.1') this.#locks.add(body.username, 1);
    else if (event === 'ban.started.1') this.#refusals.bans += 1;
    else if (event === 'limit.reached.1') this.#limits.add(body.limit, body.count);
    else if (event === 'request.refused.1') this.#refusals.requests += body.count;
    else if (event === 'api.refused.1') this.#refusals.api += 1;
  }

  /** Of holds, and of what retention destroyed. */
  #addKept(body: RowBody): void {
    const { event } = body;
    if (event === 'hold.placed.1') this.#holds.placed += 1;
    else if (event === 'hold.changed.1') this.#holds.changed += 1;
    else if (event === 'hold.lifted.1') this.#holds.lifted += 1;
    else if (event === 'retention-run.ended.1') {
      this.#purges.runs += 1;
      this.#purges.runsFailed += Number(body.state === 'failed' || body.failed > 0);
    } else if (
      event === 'file.purged.1' ||
      event === 'version.purged.1' ||
      event === 'upload.purged.1'
    ) {
      this.#purges.files += 1;
      this.#purges.bytes += body.size;
    }
  }

  figures(beside: { readonly standing: number; readonly verification: Verified }): ReviewFigures {
    const { byDay, byReason, byUser, nobody } = this.#refused;
    const reasons = byReason.greatest(Infinity);
    const { byEvent, count: changes, first } = this.#changes;
    const { others } = this.#access;
    const access = [...this.#access.sorted(), ...(others === null ? [] : [others.group])];
    return {
      version: 1,
      rows: this.#rows,
      events: this.#events.inOrder(),
      logins: {
        accepted: access.reduce((sum, { logins }) => sum + logins, 0),
        refused: reasons.reduce((sum, { value }) => sum + value, 0),
        refusedByDay: byDay.inOrder(),
        refusedByReason: reasons,
        refusedByUser: byUser.greatest(usersShown),
        refusedForNobody: nobody,
      },
      locks: this.#locks.greatest(usersShown),
      bans: this.#refusals.bans,
      limitsReached: this.#limits.greatest(Infinity),
      requestsRefused: this.#refusals.requests,
      apiRequestsRefused: this.#refusals.api,
      transfers: access.map((one) => ({
        agency: one.agency ?? '',
        logins: one.logins,
        filesSent: one.filesSent,
        bytesSent: one.bytesSent,
        filesCollected: one.filesCollected,
        bytesCollected: one.bytesCollected,
        brokenOff: one.brokenOff,
      })),
      administration: { changes, byEvent: byEvent.greatest(Infinity), first },
      holds: { ...this.#holds, standing: beside.standing },
      purges: { ...this.#purges },
      verification: beside.verification,
    };
  }
}

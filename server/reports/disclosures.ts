import type { Database } from '../database/units.ts';
import { closedFiles, wasRead, type ClosedFile } from './closed-files.ts';
import { Tally } from './groups.ts';
import { KnownUsers, type KnownUser } from './known-users.ts';
import { dayOf, isoOf } from './lines.ts';
import type { Cell, Column, Frame, Report, ReportParts } from './report.ts';
import { addressOf, walkRows, type Looked } from './rows.ts';
import { factsOf, senderIdOf, type TransferFacts } from './transfer-facts.ts';

const agenciesShown = 60;

const columns: readonly Column[] = [
  { name: 'at', title: 'When (UTC)', form: 'time' },
  { name: 'from', title: 'Of', cell: 'Of' },
  { name: 'sender', title: 'sent by', cell: 'Of' },
  { name: 'to', title: 'To', cell: 'To' },
  { name: 'recipient', title: 'user', cell: 'To' },
  { name: 'recipientName', title: 'name', cell: 'To', form: 'wide' },
  { name: 'recipientTitle', title: 'title', cell: 'To', isToFillIn: true },
  { name: 'recipientLocation', title: 'location', cell: 'To', form: 'wide' },
  { name: 'fileName', title: 'File', cell: 'What', form: 'wide' },
  { name: 'sha256', title: 'SHA-256', form: 'code', isBelow: true },
  { name: 'bytes', title: 'bytes', cell: 'What', form: 'number' },
  { name: 'whole', title: 'whole', cell: 'What' },
  { name: 'content', title: 'content', cell: 'What', isToFillIn: true },
  { name: 'numberOfRecords', title: 'records', cell: 'What', isToFillIn: true },
  { name: 'why', title: 'Why', cell: 'Why' },
  { name: 'authority', title: 'authority', cell: 'Why', isToFillIn: true },
  { name: 'controlNumber', title: 'Control number', form: 'code', isBelow: true },
  { name: 'ledgerRow', title: 'Row of the ledger', form: 'number', isBelow: true },
];

/**
 * What users of an agency read of what another one sent: to whom, what, when and why, as far as the server knows. Of one
 * agency: what was disclosed by it, and to it.
 */
export function disclosuresReport(parts: ReportParts, frame: Frame): Report {
  const looked: Looked = { rows: 0 };
  const totals = { disclosures: 0, whole: 0, bytes: 0 };
  const [byDay, byPair] = [new Tally(), new Tally()];
  const users = new KnownUsers(parts);
  const senders = new Senders(parts.database, users);
  async function* lines(): AsyncGenerator<readonly Cell[]> {
    for await (const rows of walkRows(parts, { ...frame, event: 'file.closed.1' }, looked)) {
      const reads = closedFiles(rows, (file) => wasRead(file) && file.actor.kind === 'user');
      const facts = await factsOf(parts.database, reads);
      for (const read of reads) {
        const { actor } = read;
        if (actor.kind !== 'user') continue;
        const known = facts.get(read.transfer);
        const sender = await senders.of(known);
        // Where nobody knows who sent it, it is of the agency in whose tree it is.
        const from = sender?.agency ?? read.agency;
        if (from === actor.agency || !isParty(frame.agency, from, actor.agency)) continue;
        const recipient = (await users.byId([actor.userId])).get(actor.userId);
        totals.disclosures += 1;
        totals.whole += Number(read.state === 'completed');
        totals.bytes += read.bytesRead;
        byDay.add(dayOf(read.atMs), 1);
        byPair.add(`${from} to ${actor.agency}`, 1);
        yield [
          isoOf(read.atMs),
          from,
          sender?.username ?? null,
          actor.agency,
          actor.username,
          recipient?.displayName ?? null,
          null,
          addressOf(read.source),
          `${read.agency}:${read.path}`,
          read.sha256 ?? known?.sha256 ?? null,
          read.bytesRead,
          read.state === 'completed',
          null,
          null,
          whyOf(read),
          null,
          read.transfer,
          read.seq,
        ];
      }
    }
  }
  return {
    name: 'disclosures',
    title: 'Disclosures to another agency',
    about:
      'Each time that a user of one agency read what another had sent. Title, content, number of records and authority are not known to the server, and are for you to fill in.',
    sumsUp: false,
    columns,
    lines: lines(),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals,
      sums: [
        {
          name: 'byDay',
          title: 'Disclosures by day',
          shape: 'days',
          unit: 'reads',
          rows: byDay.inOrder(),
        },
        {
          name: 'byAgencies',
          title: 'Disclosures by agencies',
          shape: 'bars',
          unit: 'reads',
          rows: byPair.greatest(agenciesShown),
        },
      ],
    }),
  };
}

function isParty(wanted: string | undefined, from: string, to: string): boolean {
  return wanted === undefined || wanted === from || wanted === to;
}

/** What the place of a file says of why it is there (README, the directories of a tree). */
function whyOf({ path }: ClosedFile): string {
  if (path.startsWith('/outgoing/')) return 'sent to the State (/outgoing)';
  if (path.startsWith('/incoming/')) return 'sent by the State (/incoming)';
  return path.startsWith('/') ? 'permission of the reader on the path' : path;
}

const sendersMax = 10_000;

/** Who sent what was read; kept, as the same is read again and again. */
class Senders {
  readonly #database: Database;
  readonly #users: KnownUsers;
  readonly #ids = new Map<string, string | null>();

  constructor(database: Database, users: KnownUsers) {
    this.#database = database;
    this.#users = users;
  }

  async of(read: TransferFacts | undefined): Promise<KnownUser | undefined> {
    if (read === undefined || read.blobId === null) return undefined;
    const { blobId } = read;
    const known = this.#ids.get(blobId);
    const id = known === undefined ? await this.#ask({ ...read, blobId }) : known;
    return id === null ? undefined : (await this.#users.byId([id])).get(id);
  }

  async #ask(read: TransferFacts & { readonly blobId: string }): Promise<string | null> {
    const { blobId, sha256, startedAtMs } = read;
    const id = await this.#database.read((reader) =>
      senderIdOf(reader, { blobId, sha256: sha256 ?? '' }, startedAtMs),
    );
    if (this.#ids.size >= sendersMax) this.#ids.clear();
    this.#ids.set(blobId, id);
    return id;
  }
}

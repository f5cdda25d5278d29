import { closedFiles, type ClosedFile } from './closed-files.ts';
import { dispositionOf, type Disposition } from './dispositions.ts';
import { Tally } from './groups.ts';
import { KnownUsers } from './known-users.ts';
import { dayOf, isoOf } from './lines.ts';
import type { Cell, Column, Frame, Report, ReportParts } from './report.ts';
import { addressOf, walkRows, whoOf, type Looked } from './rows.ts';
import { collectionsOf, factsOf, type Collection, type TransferFacts } from './transfer-facts.ts';

const agenciesShown = 60;

const columns: readonly Column[] = [
  { name: 'dateReceived', title: 'Received', cell: 'Received (UTC)', form: 'time' },
  { name: 'controlNumber', title: 'Control number', form: 'code', isBelow: true },
  { name: 'fileName', title: 'File', cell: 'File', form: 'wide' },
  { name: 'sha256', title: 'SHA-256', form: 'code', isBelow: true },
  { name: 'bytes', title: 'bytes', cell: 'File', form: 'number' },
  { name: 'content', title: 'content', cell: 'File', isToFillIn: true },
  { name: 'sender', title: 'from', cell: 'Received (UTC)' },
  { name: 'senderAgency', title: 'of', cell: 'Received (UTC)' },
  { name: 'recipient', title: 'Recipient', cell: 'Recipient' },
  { name: 'recipientTitle', title: 'title', cell: 'Recipient', isToFillIn: true },
  { name: 'recipientLocation', title: 'location', cell: 'Recipient', form: 'wide' },
  { name: 'numberOfRecords', title: 'records', cell: 'File', isToFillIn: true },
  { name: 'movementDate', title: 'Moved', cell: 'Moved (UTC)', form: 'time' },
  { name: 'movedTo', title: 'to', cell: 'Moved (UTC)' },
  { name: 'movedToAgency', title: 'of', cell: 'Moved (UTC)' },
  { name: 'movedToTitle', title: 'title', cell: 'Moved (UTC)', isToFillIn: true },
  { name: 'movedToLocation', title: 'location', cell: 'Moved (UTC)', form: 'wide' },
  { name: 'dispositionDate', title: 'Disposed of', cell: 'Disposed of (UTC)', form: 'time' },
  { name: 'dispositionMethod', title: 'how', cell: 'Disposed of (UTC)', form: 'wide' },
  { name: 'certificate', title: 'Certificate', form: 'code', isBelow: true },
  { name: 'ledgerRow', title: 'Row of the ledger', form: 'number', isBelow: true },
];

/** A collection, with who it was. */
type Movement = Collection & { readonly username: string; readonly agency: string };

/**
 * What was received in a time, in the columns of IRS Publication 1075 section 2.A.2: a line for each time that a file was
 * moved on to another agency, and one for a file that was not. Of one agency: what came into its tree.
 */
export function bulkTransfersReport(parts: ReportParts, frame: Frame): Report {
  const looked: Looked = { rows: 0 };
  const totals = { files: 0, bytes: 0, movements: 0, disposed: 0 };
  const [byDay, byAgency] = [new Tally(), new Tally()];
  const users = new KnownUsers(parts);
  async function* lines(): AsyncGenerator<readonly Cell[]> {
    for await (const rows of walkRows(parts, { ...frame, event: 'file.closed.1' }, looked)) {
      const received = closedFiles(
        rows,
        (file) =>
          file.state === 'published' &&
          (frame.agency === undefined || file.agency === frame.agency),
      );
      const facts = await factsOf(parts.database, received);
      for (const file of received) {
        const known = facts.get(file.transfer);
        const movements = await movementsOf(parts, users, file, known);
        const disposition = await dispositionOf(parts, file, known);
        totals.files += 1;
        totals.bytes += file.size ?? 0;
        totals.movements += movements.length;
        totals.disposed += Number(disposition.method !== '');
        byDay.add(dayOf(file.atMs), 1);
        byAgency.add(file.agency, 1);
        for (const movement of movements.length === 0 ? [null] : movements)
          yield lineOf(file, movement, disposition);
      }
    }
  }
  return {
    name: 'bulk-transfers',
    title: 'Bulk transfers',
    about:
      'Each file that was received and published, in the columns of IRS Publication 1075, section 2.A.2; a line for each time that another agency collected it. Content, titles and number of records are not known to the server, and are for you to fill in.',
    sumsUp: false,
    columns,
    lines: lines(),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals,
      sums: [
        {
          name: 'byDay',
          title: 'Files received by day',
          shape: 'days',
          unit: 'files',
          rows: byDay.inOrder(),
        },
        {
          name: 'byAgency',
          title: 'Files received by agency of the tree',
          shape: 'bars',
          unit: 'files',
          rows: byAgency.greatest(agenciesShown),
        },
      ],
    }),
  };
}

/** Collections by users of another agency than the sender's. */
async function movementsOf(
  { database }: ReportParts,
  users: KnownUsers,
  file: ClosedFile,
  facts: TransferFacts | undefined,
): Promise<readonly Movement[]> {
  const { blobId, startedAtMs } = facts ?? { blobId: null, startedAtMs: 0 };
  const { sha256, actor } = file;
  if (blobId === null || sha256 === null) return [];
  const found = await database.read((reader) =>
    collectionsOf(reader, { blobId, sha256 }, startedAtMs),
  );
  const readers = await users.byId(found.map(({ userId }) => userId));
  return found.flatMap((each) => {
    const reader = readers.get(each.userId);
    if (reader === undefined || reader.agency === whoOf(actor).agency) return [];
    return [{ ...each, username: reader.username, agency: reader.agency }];
  });
}

function lineOf(
  file: ClosedFile,
  movement: Movement | null,
  { at, method, certificate }: Disposition,
): readonly Cell[] {
  const sender = whoOf(file.actor);
  return [
    isoOf(file.atMs),
    file.transfer,
    file.path,
    file.sha256,
    file.size,
    null,
    sender.name,
    sender.agency,
    file.agency,
    null,
    `${file.agency}:${directoryOf(file.path)}`,
    null,
    movement === null ? null : isoOf(movement.endedAtMs),
    movement?.username ?? null,
    movement?.agency ?? null,
    null,
    movement === null ? null : addressOf(movement.source),
    at,
    method === '' ? null : method,
    certificate,
    file.seq,
  ];
}

/** Of a name that is redacted nothing is known of its directory either. */
function directoryOf(path: string): string {
  return path.startsWith('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : path;
}

import { closedFiles, wasRead, type ClosedFile } from './closed-files.ts';
import { Tally } from './groups.ts';
import { dayOf, isoOf } from './lines.ts';
import type { Cell, Frame, Report, ReportParts } from './report.ts';
import { addressOf, walkRows, whoOf, type Looked } from './rows.ts';
import { factsOf } from './transfer-facts.ts';

const namesShown = 20;

/**
 * Who read which file: each read of which something went out, in the order of time. By path, by content (SHA-256), or by
 * file, which follows it through renames.
 */
export function readersReport(parts: ReportParts, frame: Frame): Report {
  const looked: Looked = { rows: 0 };
  const totals = { reads: 0, whole: 0, bytes: 0 };
  const [byDay, byReader] = [new Tally(), new Tally()];
  async function* lines(): AsyncGenerator<readonly Cell[]> {
    for await (const rows of walkRows(parts, { ...frame, event: 'file.closed.1' }, looked)) {
      const reads = closedFiles(rows, (file) => wasRead(file) && isWanted(frame, file));
      const facts = await factsOf(parts.database, reads);
      for (const read of reads) {
        const known = facts.get(read.transfer);
        const sha256 = read.sha256 ?? known?.sha256 ?? null;
        if (!isOfFile(frame, known?.entryId ?? null, sha256)) continue;
        const who = whoOf(read.actor);
        const isWhole = read.state === 'completed';
        totals.reads += 1;
        totals.whole += Number(isWhole);
        totals.bytes += read.bytesRead;
        byDay.add(dayOf(read.atMs), 1);
        byReader.add(who.agency ?? who.name, 1);
        yield [
          isoOf(read.atMs),
          read.agency,
          read.path,
          sha256,
          known?.entryId ?? null,
          who.name,
          who.agency,
          addressOf(read.source),
          known?.client ?? null,
          read.bytesRead,
          isWhole,
          read.transfer,
          read.seq,
        ];
      }
    }
  }
  return {
    name: 'readers',
    title: 'Who read which file',
    about:
      'Each time that something of a file went out. Whole: every byte was read, and the file was closed. The agency is the one whose tree the file was in.',
    sumsUp: false,
    columns: [
      { name: 'at', title: 'Read (UTC)', form: 'time' },
      { name: 'agency', title: 'In the tree of', cell: 'File' },
      { name: 'path', title: 'Path', cell: 'File', form: 'wide' },
      { name: 'sha256', title: 'SHA-256', form: 'code', isBelow: true },
      { name: 'fileId', title: 'File', form: 'code', isBelow: true },
      { name: 'user', title: 'By', cell: 'By' },
      { name: 'userAgency', title: 'of', cell: 'By' },
      { name: 'source', title: 'from', cell: 'By', form: 'wide' },
      { name: 'client', title: 'with', cell: 'By', form: 'wide' },
      { name: 'bytes', title: 'Bytes', form: 'number' },
      { name: 'whole', title: 'Whole' },
      { name: 'transfer', title: 'Transfer', form: 'code', isBelow: true },
      { name: 'ledgerRow', title: 'Row of the ledger', form: 'number', isBelow: true },
    ],
    lines: lines(),
    summary: () => ({
      rowsLookedAt: looked.rows,
      totals,
      sums: [
        {
          name: 'byDay',
          title: 'Reads by day',
          shape: 'days',
          unit: 'reads',
          rows: byDay.inOrder(),
        },
        {
          name: 'byAgency',
          title: 'Reads by agency of the reader',
          shape: 'bars',
          unit: 'reads',
          rows: byReader.greatest(namesShown),
        },
      ],
    }),
  };
}

function isWanted({ agency, path }: Frame, file: Pick<ClosedFile, 'agency' | 'path'>): boolean {
  return (
    (agency === undefined || file.agency === agency) && (path === undefined || file.path === path)
  );
}

function isOfFile(frame: Frame, entryId: string | null, sha256: string | null): boolean {
  return (
    (frame.file === undefined || entryId === frame.file) &&
    (frame.sha256 === undefined || sha256 === frame.sha256)
  );
}

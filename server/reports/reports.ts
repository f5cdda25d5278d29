import { Fault } from '../domain/faults.ts';
import { newestStub } from '../ledger/archive-stubs.ts';
import { boundsOf } from '../ledger/time-bounds.ts';
import { accessReport } from './access.ts';
import { bulkTransfersReport } from './bulk-transfers.ts';
import { clientsReport } from './clients.ts';
import { disclosuresReport } from './disclosures.ts';
import { readersReport } from './readers.ts';
import { refusedLoginsReport } from './refused-logins.ts';
import type { Frame, Report, ReportName, ReportParts, ReportQuery } from './report.ts';

/** A report, and what it was asked for. */
export type MadeReport = { readonly report: Report; readonly frame: Frame };

export type Reports = {
  /**
   * Begins a report: one that sums up has all its figures then, of another the lines come as they are taken.
   *
   * @throws Fault `field-invalid` for a time that is none, or too long
   */
  make(name: ReportName, query: ReportQuery, signal?: AbortSignal): Promise<MadeReport>;
};

const dayMs = 24 * 60 * 60_000;

const makers: Readonly<
  Record<ReportName, (parts: ReportParts, frame: Frame) => Report | Promise<Report>>
> = {
  access: accessReport,
  'refused-logins': refusedLoginsReport,
  readers: readersReport,
  'bulk-transfers': bulkTransfersReport,
  disclosures: disclosuresReport,
  clients: clientsReport,
};

export function createReports(parts: ReportParts): Reports {
  return {
    make: async (name, query, signal) => {
      const frame = await frameOf(parts, query, signal);
      return { report: await makers[name](parts, frame), frame };
    },
  };
}

async function frameOf(
  { database, limits }: ReportParts,
  query: ReportQuery,
  signal: AbortSignal | undefined,
): Promise<Frame> {
  const { fromMs, toMs } = query;
  if (toMs <= fromMs)
    throw new Fault('field-invalid', 'a time after the one in from', { pointer: '/to' });
  if (toMs - fromMs > limits.reportDaysMax * dayMs)
    throw new Fault(
      'field-invalid',
      `a time at most ${limits.reportDaysMax} days before the one in to: make a report of each part`,
      { pointer: '/from' },
    );
  const frame = await database.read(async (reader) => {
    const archived = (await newestStub(reader))?.stub;
    if (archived !== undefined && fromMs <= Date.parse(archived.to))
      throw new Fault(
        'field-invalid',
        `a time after ${archived.to}: the ledger up to then is archived, and a report would say that nothing was`,
        { pointer: '/from' },
      );
    return {
      ...query,
      signal,
      madeAtMs: reader.nowMs,
      bounds: await boundsOf(reader, { fromMs, toMs }),
    };
  });
  const rows = frame.bounds.last - frame.bounds.first + 1;
  if (rows > limits.reportLedgerRowsMax)
    throw new Fault(
      'field-invalid',
      `a time nearer to the one in to: there are ${rows} rows of the ledger between them, and a report looks through ${limits.reportLedgerRowsMax} at the most`,
      { pointer: '/from' },
    );
  return frame;
}

import { isoOf } from './parts.ts';
import type { FilesAndBytes, RetentionReport } from './views.ts';

type Sum = { files: number; bytes: number };
type Oldest = RetentionReport['oldest'][number];

/** What a report comes to, by agency and day. */
export class ReportSums {
  readonly #atMs: number;
  readonly #untilMs: number;
  readonly #inUse: ReadonlySet<string>;
  readonly #expiring = new Map<string, Map<string, Sum>>();
  readonly #overdue = new Map<string, Sum>();
  readonly #oldest = new Map<string, Oldest>();

  /** @param frame `inUse` are the codes of agencies that have files */
  constructor(frame: {
    readonly atMs: number;
    readonly untilMs: number;
    readonly inUse: ReadonlySet<string>;
  }) {
    this.#atMs = frame.atMs;
    this.#untilMs = frame.untilMs;
    this.#inUse = frame.inUse;
  }

  /** Of something that grows old enough then. */
  add(agency: string, expiresMs: number, bytes: number): void {
    if (expiresMs >= this.#untilMs) return;
    // A rule is for what is older than its days: at that millisecond it is not yet.
    if (expiresMs < this.#atMs) {
      addTo(this.#overdue, agency, bytes);
      return;
    }
    const byDay = this.#expiring.get(agency) ?? new Map<string, Sum>();
    this.#expiring.set(agency, byDay);
    addTo(byDay, isoOf(expiresMs).slice(0, 10), bytes);
  }

  /** Files come in the order of their age. */
  wantsOldest(agency: string): boolean {
    return !this.#oldest.has(agency);
  }

  addOldest(oldest: Oldest): void {
    this.#oldest.set(oldest.agency, oldest);
  }

  get hasAllOldest(): boolean {
    return [...this.#inUse].every((agency) => this.#oldest.has(agency));
  }

  report(): Omit<RetentionReport, 'days'> {
    return {
      atMs: this.#atMs,
      expiring: inOrder(this.#expiring).map(([agency, byDay]) => ({
        agency,
        byDay: inOrder(byDay).map(([day, sum]) => ({ day, ...sum })),
      })),
      overdue: inOrder(this.#overdue).map(([agency, sum]) => ({ agency, ...sum })),
      oldest: inOrder(this.#oldest).map(([, oldest]) => oldest),
    };
  }
}

function addTo(sums: Map<string, Sum>, key: string, bytes: number): void {
  const sum: FilesAndBytes = sums.get(key) ?? { files: 0, bytes: 0 };
  sums.set(key, { files: sum.files + 1, bytes: sum.bytes + bytes });
}

function inOrder<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([one], [other]) => (one < other ? -1 : 1));
}

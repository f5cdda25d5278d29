import { Fault } from '../domain/faults.ts';

/** How often a database that could not be written is tried again while nobody else does. */
const lookMs = 1_000;

export type WritabilityParts = {
  /** Writes something that changes nothing. */
  readonly probe: () => Promise<unknown>;
  /** Told when it changes: what is wrong in words, or null when it is over. */
  readonly onChange: (problem: string | null) => void;
};

/**
 * Whether the database, and so the ledger, can be written. Logins and downloads fail by themselves while it cannot; this
 * tells the operator why, looks for the end of it without waiting for a client to try, and does then what was put off.
 */
export class Writability {
  readonly #parts: WritabilityParts;
  #problem: string | null = null;
  #putOff: (() => Promise<void>)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: WritabilityParts) {
    this.#parts = parts;
  }

  get problem(): string | null {
    return this.#problem;
  }

  wrote(): void {
    if (this.#problem !== null) {
      this.#problem = null;
      setImmediate(() => this.#catchUp());
      this.#parts.onChange(null);
    }
  }

  failed(fault: unknown): void {
    const problem = `the audit ledger cannot be written: ${reasonOf(fault)}`;
    if (problem !== this.#problem) {
      this.#problem = problem;
      this.#parts.onChange(problem);
    }
    this.#look();
  }

  /** Does `work` once the database can be written. @returns false where it can be written now */
  whenWritable(work: () => Promise<void>): boolean {
    if (this.#problem === null) return false;
    this.#putOff.push(work);
    this.#look();
    return true;
  }

  /** Does `work` at the next look, and again until it goes well: it may have failed of something that is over by now. */
  retry(work: () => Promise<void>): void {
    this.#putOff.push(work);
    this.#look();
  }

  /** Does what was put off a last time. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#takePutOff().map((work) => work()));
  }

  #look(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#problem === null) {
        this.#catchUp();
        return;
      }
      // Its failure comes back to `failed`, its success to `wrote`.
      this.#parts.probe().catch(() => undefined);
    }, lookMs).unref();
  }

  #catchUp(): void {
    // One that failed of something else, such as a disk that could not be read, has its turn at the next look.
    for (const work of this.#takePutOff()) work().catch(() => this.retry(work));
  }

  #takePutOff(): readonly (() => Promise<void>)[] {
    const works = this.#putOff;
    this.#putOff = [];
    return works;
  }
}

function reasonOf(fault: unknown): string {
  return fault instanceof Fault ? fault.message : 'an error that the log tells of';
}

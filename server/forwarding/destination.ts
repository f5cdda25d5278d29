import type { TailedRow } from '../ledger/tail.ts';

/** Where the ledger is forwarded to: `name` is the key of its place in the database, and a label of its metrics. */
export type ForwarderName = 'syslog' | 'webhook';

/** One way of handing rows over. Whatever it throws is tried again. */
export interface Destination {
  readonly name: ForwarderName;
  /** For people: no credentials, no query. */
  readonly shown: string;
  /**
   * A delivery is confirmed at the latest after so many rows, and when it is so old; with 0 ms as soon as there is nothing
   * more to send. What was not confirmed is sent again after a failure.
   */
  readonly rowsUnconfirmedMax: number;
  readonly openMsMax: number;
  open(): Promise<Delivery>;
}

export interface Delivery {
  /**
   * Hands over rows, or the first of them.
   *
   * @returns the `seq` of the last one that was taken; more can be sent, and nothing is known of whether they arrived
   */
  send(rows: readonly TailedRow[]): Promise<number>;
  /** Resolves when the destination has all that was sent. The delivery is over. */
  confirm(): Promise<void>;
  /** Lets go of it at once; what was sent may have arrived or not. Idempotent. */
  abandon(): void;
}

/** What it takes to trust and be trusted: PEM, read anew for each connection so that files can be replaced. */
export type Credentials = {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
};

/** `promise`, or an error after so long. */
export async function within<T>(msMax: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${msMax} ms`)), msMax);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

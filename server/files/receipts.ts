import type { Reader, Unit } from '../database/units.ts';
import type { Holder } from './opens.ts';

/** Where a file is: in which tree, and under which name in which directory. */
export type NamedFile = {
  /** Code of the agency whose tree it is. */
  readonly tree: string;
  readonly path: string;
  readonly parentId: string;
  readonly name: string;
  readonly versionId: string;
};

/** What was received, in the unit that publishes it, once its ledger row is written. */
export type PublishedFile = NamedFile & {
  readonly holder: Holder;
  readonly entryId: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
};

/** A file of which every byte went out, in the unit that records that, once its ledger row is written. */
export type Collection = {
  readonly holder: Holder;
  /** Code of the agency whose tree it is in. */
  readonly tree: string;
  readonly path: string;
  readonly blobId: string;
  /** Users of another agency than the sender's had not read the whole of it before. */
  readonly isFirst: boolean;
};

/** A file in `/receipts`: made when it is asked for. */
export type ReceiptFile = {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** When what it says was so. */
  readonly atMs: number;
};

/** What the namespace tells of what senders are given receipts for, and asks for `/receipts`; `server/receipts` answers. */
export type Receipts = {
  published(unit: Unit, file: PublishedFile): Promise<void>;
  /** A file has another name, and the unit's last ledger row says so. */
  renamed(unit: Unit, file: NamedFile): Promise<void>;
  collected(unit: Unit, collection: Collection): Promise<void>;
  /** In the order of the names' bytes; fewer than `max` are the last. */
  list(reader: Reader, agency: string, after: string, max: number): Promise<readonly ReceiptFile[]>;
  /** When the newest of an agency was made; null where there is none. */
  newestAtMs(reader: Reader | Unit, agency: string): Promise<number | null>;
  find(reader: Reader | Unit, agency: string, name: string): Promise<ReceiptFile | undefined>;
  /** All of its bytes. */
  read(reader: Reader | Unit, agency: string, name: string): Promise<Buffer | undefined>;
};

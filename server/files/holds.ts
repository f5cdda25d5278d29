import type { Reader, Unit } from '../database/units.ts';
import type { Because } from './versions.ts';

/** What a hold may be on, as it lies in its tree now. */
export type HoldableFile = {
  readonly agencyId: string;
  readonly path: string;
  readonly entryId: string;
  /** Of the version that is asked about. */
  readonly receivedAtMs: number;
};

/** A directory, and with it what is in it. */
export type HoldableDirectory = Omit<HoldableFile, 'receivedAtMs'>;

/** A legal hold that stands, as who is refused hears of it. */
export type HoldNotice = {
  readonly id: string;
  readonly reason: string;
  readonly authority: string;
};

/** What the namespace asks about legal holds; `server/retention` answers. A hold beats whoever would take a content away. */
export type Holds = {
  /** Whether any may stand at all. Mostly none does, and then nobody needs to ask more. */
  mayStand(reader: Reader | Unit): Promise<boolean>;
  /** The first hold that stands on a version of a file. */
  on(reader: Reader | Unit, file: HoldableFile): Promise<HoldNotice | undefined>;
  /** The first of them that would not be on it under another path, or that is on just this file. */
  onlyHere(
    reader: Reader | Unit,
    file: HoldableFile,
    otherPath: string,
  ): Promise<HoldNotice | undefined>;
  /** A hold that may speak of something below a directory, now or later. */
  below(reader: Reader | Unit, directory: HoldableDirectory): Promise<HoldNotice | undefined>;
  /** A file took the place of another, and has its history: holds on the other are on it from here on. */
  follow(unit: Unit, fromEntryId: string, toEntryId: string, because: Because): Promise<void>;
};

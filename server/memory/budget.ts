import { Fault } from '../domain/faults.ts';

/** The part of what is free that one session may take beyond its minimums. */
const fairShare = 1 / 8;
/** Below this part of the whole, who is idle gives back what it can. */
const shortShare = 1 / 4;

export type MemoryLimits = {
  /** All sessions of the process together. */
  readonly processMemoryBytesMax: number;
  readonly sessionMemoryBytesMax: number;
  readonly channelMemoryBytesMin: number;
  readonly writtenRangesMax: number;
};

/** Where parts that hold bytes for a client account for them. */
export interface MemoryUse {
  /** Bytes that are held now. Never refuses: what came is there. Ask `room` before more is invited. */
  charge(bytes: number): void;
  release(bytes: number): void;
  /** Bytes that may be held beyond those that are. */
  readonly room: number;
  /** More is held than its share: nothing new is to be begun before some of it has gone. */
  readonly isOver: boolean;
  /** Whether its uploads may have another range apart from the rest: each costs a piece of a table for good. */
  readonly mayScatter: boolean;
  /** So many more separate ranges, or fewer. */
  scatter(ranges: number): void;
}

/** For content that is read on nobody's account: the server's own start, or the admin API's bounded downloads. */
export const unmetered: MemoryUse = {
  charge: () => undefined,
  release: () => undefined,
  room: Infinity,
  isOver: false,
  mayScatter: true,
  scatter: () => undefined,
};

/**
 * What one process holds for its clients. Nobody ever waits for what another holds, so nothing can lock up: each channel
 * may always hold a minimum, and beyond that a session may hold an eighth of what is free. A session's first channel has
 * its minimum as a right, and counts with what it holds, so that any number of sessions may be idle; a further one has
 * it set aside, out of the session's share.
 * That share shrinks as others come, so a crowd of greedy sessions leaves room for the next one (Choudhury and Hahne,
 * "Dynamic queue length thresholds", 1998). Who is over its share waits for its own client or its own disk writes.
 */
export class ProcessMemory {
  readonly #limits: MemoryLimits;
  #bytes = 0;

  constructor(memoryLimits: MemoryLimits) {
    this.#limits = memoryLimits;
  }

  /** Bytes that are held or set aside. */
  get bytes(): number {
    return this.#bytes;
  }

  get free(): number {
    return this.#limits.processMemoryBytesMax - this.#bytes;
  }

  get isShort(): boolean {
    return this.free < this.#limits.processMemoryBytesMax * shortShare;
  }

  session(): SessionMemory {
    return new SessionMemory(this, this.#limits, (bytes) => (this.#bytes += bytes));
  }
}

/** What one connection holds, on all of its channels. */
export class SessionMemory {
  readonly #process: ProcessMemory;
  readonly #limits: MemoryLimits;
  readonly #onChange: (bytes: number) => void;
  #bytes = 0;
  /** Those of them that count against its share. */
  #beyondRights = 0;
  #hasFirst = false;
  #ranges = 0;

  constructor(
    processMemory: ProcessMemory,
    memoryLimits: MemoryLimits,
    onChange: (bytes: number) => void,
  ) {
    this.#process = processMemory;
    this.#limits = memoryLimits;
    this.#onChange = onChange;
  }

  /** Bytes that are held or set aside. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The process is short of memory: what is not in use goes. */
  get isShort(): boolean {
    return this.#process.isShort;
  }

  /** Bytes that it may hold beyond those that it does; negative where it holds more than its share. */
  get room(): number {
    return Math.min(
      this.#process.free * fairShare - this.#beyondRights,
      this.#limits.sessionMemoryBytesMax - this.#bytes,
    );
  }

  /**
   * The account of a channel.
   *
   * @throws Fault `memory-short` when it is not the first, and the session's share has no room for another minimum
   */
  channel(): MemoryAccount {
    const { channelMemoryBytesMin: bytesMin } = this.#limits;
    if (!this.#hasFirst) {
      this.#hasFirst = true;
      return new MemoryAccount(this, { bytesMin, setAside: 0 }, () => (this.#hasFirst = false));
    }
    if (this.isShort || this.room < bytesMin) throw new Fault('memory-short');
    return new MemoryAccount(this, { bytesMin, setAside: bytesMin });
  }

  /** An account without a minimum: for what the connection holds outside its channels. */
  overhead(): MemoryAccount {
    return new MemoryAccount(this, { bytesMin: 0, setAside: 0 });
  }

  get mayScatter(): boolean {
    return this.#ranges < this.#limits.writtenRangesMax;
  }

  scatter(ranges: number): void {
    this.#ranges += ranges;
  }

  /** For its accounts: bytes held or set aside, and those of them that count against its share. */
  change(bytes: number, beyondRights: number): void {
    this.#bytes += bytes;
    this.#beyondRights += beyondRights;
    this.#onChange(bytes);
  }
}

/** What one channel holds. */
export class MemoryAccount implements MemoryUse {
  readonly #session: SessionMemory;
  readonly #onClose: () => void;
  #bytesMin: number;
  /** Counts whether it is used or not. */
  #setAside: number;
  #bytes = 0;
  #closed = false;

  constructor(
    session: SessionMemory,
    { bytesMin, setAside }: { readonly bytesMin: number; readonly setAside: number },
    onClose: () => void = () => undefined,
  ) {
    this.#session = session;
    this.#onClose = onClose;
    this.#bytesMin = bytesMin;
    this.#setAside = setAside;
    session.change(setAside, setAside);
  }

  /** Bytes that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  get isShort(): boolean {
    return this.#session.isShort;
  }

  get room(): number {
    return Math.max(0, this.#bytesMin - this.#bytes) + Math.max(0, this.#session.room);
  }

  get isOver(): boolean {
    return this.#bytes > this.#bytesMin && this.#session.room < 0;
  }

  get mayScatter(): boolean {
    return this.#session.mayScatter;
  }

  scatter(ranges: number): void {
    this.#session.scatter(ranges);
  }

  charge(bytes: number): void {
    this.#recount(() => (this.#bytes += bytes));
  }

  release(bytes: number): void {
    this.charge(-bytes);
  }

  /** Gives the minimum back. What is held still counts until it is released. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#recount(() => {
      this.#bytesMin = 0;
      this.#setAside = 0;
    });
    this.#onClose();
  }

  #recount(change: () => void): void {
    const { counted, beyondRight } = this.#share;
    change();
    const now = this.#share;
    this.#session.change(now.counted - counted, now.beyondRight - beyondRight);
  }

  /** What is set aside is out of the session's share; a minimum that is not, is not. */
  get #share(): { readonly counted: number; readonly beyondRight: number } {
    const counted = Math.max(this.#setAside, this.#bytes);
    const right = this.#bytesMin - this.#setAside;
    return { counted, beyondRight: Math.max(0, counted - right) };
  }
}

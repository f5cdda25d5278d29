import { limits } from './limits.ts';

/** A small disk keeps back this part of itself. */
const smallDiskShare = 16;

/**
 * Bytes of a disk of so many that are for the database and its ledger: uploads leave as many free, and the reserve
 * (server/database/reserve.ts) has as many in hand.
 */
export function diskReserveBytesOf(diskBytes: number): number {
  return Math.min(limits.diskReserveBytes, Math.floor(diskBytes / smallDiskShare));
}

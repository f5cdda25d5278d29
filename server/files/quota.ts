import { diskReserveBytesOf } from '../domain/disk.ts';
import { faultTexts } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Holder } from './opens.ts';
import { partialBytesOf } from './uploads.ts';
import { usageOf } from './usage.ts';
import { findVersion } from './versions.ts';

/** Bytes that a file being written may reach, and the fault with its words when that is not enough. */
export type QuotaLeft = {
  readonly bytes: number;
  readonly code: 'quota-exceeded' | 'storage-full';
  readonly reason: string;
};

/**
 * What a user's quota leaves for one file. The version that it replaces is released when the new one is published, and
 * the partial that it goes on with is part of it, so both are counted as room.
 */
export async function quotaLeft(
  unit: Reader | Unit,
  holder: Pick<Holder, 'userId' | 'quotaBytes'>,
  replacedVersionId: string | null,
  ownPartialBytes: number,
): Promise<QuotaLeft> {
  if (holder.userId === null || holder.quotaBytes === null) {
    return {
      bytes: limits.fileBytesMax,
      code: 'quota-exceeded',
      reason: `a file may have ${formatBytes(limits.fileBytesMax)}`,
    };
  }
  const replaced =
    replacedVersionId === null ? undefined : await findVersion(unit, replacedVersionId);
  const released =
    replaced !== undefined && replaced.received_by === holder.userId ? replaced.size : 0;
  const used = (await usageOf(unit, holder.userId)) + (await partialBytesOf(unit, holder.userId));
  return {
    bytes: Math.max(0, holder.quotaBytes - used + released + ownPartialBytes),
    code: 'quota-exceeded',
    reason: `quota of ${formatBytes(holder.quotaBytes)} reached`,
  };
}

/** What a disk has in all, and what of it a file may take. */
export type DiskSpace = { readonly bytesTotal: number; readonly bytesFree: number };

/** The smaller of what the quota and the disk leave: holes count too, since they are stored as zeros. */
export function withinDisk(left: QuotaLeft, disk: DiskSpace): QuotaLeft {
  const room = Math.max(0, disk.bytesFree - diskReserveBytesOf(disk.bytesTotal));
  return room < left.bytes
    ? { bytes: room, code: 'storage-full', reason: faultTexts['storage-full'] }
    : left;
}

/** `10 GB`, `1.5 MB`: decimal units, as disks and quotas are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${Number(value.toFixed(value < 10 ? 2 : 1))} ${units[unit]}`;
}

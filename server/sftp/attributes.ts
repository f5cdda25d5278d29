import type { AttributeChange, Attributes } from '../domain/attributes.ts';
import type { OwnerIds } from './owner-ids.ts';
import { attributeFlag, modeType } from './protocol.ts';
import type { WireReader, WireWriter } from './wire.ts';

const secondMs = 1000;

/** Version 3 has 32-bit seconds; WinSCP reads them as signed, so the end is 2038-01-19. */
const secondsMax = 0x7fffffff;

export function writeAttributes(
  writer: WireWriter,
  attributes: Attributes,
  owners: OwnerIds,
): void {
  writer
    .u32(
      attributeFlag.SIZE |
        attributeFlag.UIDGID |
        attributeFlag.PERMISSIONS |
        attributeFlag.ACMODTIME,
    )
    .u64(attributes.size)
    .u32(owners.idOf(attributes.owner))
    .u32(owners.idOf(attributes.group))
    .u32(attributes.mode | modeType[attributes.kind])
    .u32(seconds(attributes.accessedAtMs))
    .u32(seconds(attributes.modifiedAtMs));
}

function seconds(ms: number): number {
  return Math.min(secondsMax, Math.max(0, Math.floor(ms / secondMs)));
}

/**
 * ATTRS as a client sends them. Owner numbers are read and not kept: owners are users of Waybill. Extended pairs are
 * read over, as the draft asks of those that are not known.
 */
export function readAttributes(reader: WireReader): AttributeChange {
  const flags = reader.u32();
  const size = flags & attributeFlag.SIZE ? { size: reader.u64() } : {};
  if (flags & attributeFlag.UIDGID) {
    reader.u32();
    reader.u32();
  }
  const mode = flags & attributeFlag.PERMISSIONS ? { mode: reader.u32() & 0o7777 } : {};
  const times =
    flags & attributeFlag.ACMODTIME
      ? { accessedAtMs: reader.u32() * secondMs, modifiedAtMs: reader.u32() * secondMs }
      : {};
  // eslint-disable-next-line no-bitwise
  if ((flags & attributeFlag.EXTENDED) !== 0) {
    for (let left = reader.u32(); left > 0; left -= 1) {
      reader.string();
      reader.string();
    }
  }
  return { ...size, ...mode, ...times };
}

import { createHash } from 'node:crypto';
import { canonicalJson } from '../ledger/canonical-json.ts';
import type { PlannedItem } from './purge-item.ts';

/** Of a plan without items. */
export const emptyPlanSha256 = '0'.repeat(64);

/**
 * The hash of a plan with one more item: SHA-256 of the 32 bytes of the hash before it and the item's canonical JSON
 * (RFC 8785), from 32 zero bytes on. So it goes on where a crash left it, and whoever has the list can reckon it.
 */
export function chainItem(
  sha256: string,
  item: PlannedItem & { readonly ordinal: number },
): string {
  const { ordinal, target, targetId, agency, path, size, sha256: content, clockAtMs } = item;
  const said = { ordinal, target, targetId, agency, path, size, sha256: content, clockAtMs };
  return createHash('sha256')
    .update(Buffer.from(sha256, 'hex'))
    .update(canonicalJson(said))
    .digest('hex');
}

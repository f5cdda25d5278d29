import { prepare } from '../database/prepared.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import type { Holder } from '../files/opens.ts';
import { putOffFor } from './due.ts';
import type { Sender } from './issue.ts';
import type { Receipt, ReceiptKind } from './receipt.ts';

/** Who holds a file open, as a receipt names it. */
export async function senderOf(
  unit: Unit,
  {
    origin,
    username,
    keyFingerprint = null,
  }: Pick<Holder, 'origin' | 'username'> & {
    readonly keyFingerprint?: string | null | undefined;
  },
): Promise<Sender> {
  return { agency: await agencyOf(unit, origin.actor), user: username, keyFingerprint };
}

const agencyOfKey = prepare((query, given: { keyId: string }) =>
  query
    .selectFrom('admin_keys')
    .innerJoin('agencies', 'agencies.id', 'admin_keys.agency_id')
    .select('agencies.code')
    .where('admin_keys.id', '=', given.keyId),
);

/** Code; null for an API key that is bound to none. */
export async function agencyOf(unit: Unit, actor: Actor): Promise<string | null> {
  if (actor.kind === 'user') return actor.agency;
  if (actor.kind !== 'admin') return null;
  return (await agencyOfKey.first(unit, { keyId: actor.keyId }))?.code ?? null;
}

/** A content, and who sent it. */
export type SentVersion = Sender & {
  readonly versionId: string;
  readonly size: number;
  readonly sha256: string;
  readonly receivedAtMs: number;
};

const versionsOfBlob = prepare((query, given: { blobId: string }) =>
  query
    .selectFrom('versions')
    .leftJoin('users', 'users.id', 'versions.received_by')
    .leftJoin('agencies', 'agencies.id', 'users.agency_id')
    .leftJoin('transfers', 'transfers.id', 'versions.transfer_id')
    .select(['versions.id', 'versions.size', 'versions.sha256', 'versions.received_at'])
    .select(['users.username', 'agencies.code', 'transfers.username as api_name'])
    .where('versions.blob_id', '=', given.blobId),
);

const receiptOfVersion = prepare((query, given: { versionId: string; kind: ReceiptKind }) =>
  query
    .selectFrom('receipts')
    .select('body')
    .where('version_id', '=', given.versionId)
    .where('kind', '=', given.kind)
    .orderBy('id')
    .limit(1),
);

/** The content that is in a blob, and who sent it; undefined for what was never published. */
export async function sentIn(unit: Unit, blobId: string): Promise<SentVersion | undefined> {
  const row = await versionsOfBlob.first(unit, { blobId });
  if (row === undefined) return undefined;
  const { id: versionId, size, sha256, received_at: receivedAtMs } = row;
  const content = { versionId, size, sha256, receivedAtMs };
  const first = await receiptOfVersion.first(unit, { versionId, kind: 'received' });
  if (first !== undefined) {
    const { agency, user, keyFingerprint } = JSON.parse(first.body) as Receipt;
    return { ...content, agency, user, keyFingerprint };
  }
  const due = await putOffFor(unit, versionId);
  if (due !== undefined) {
    const { agency, user, keyFingerprint } = due;
    return { ...content, agency, user, keyFingerprint };
  }
  // From before there were receipts.
  const user = row.username ?? row.api_name;
  return user === null ? undefined : { ...content, agency: row.code, user, keyFingerprint: null };
}

export async function isCollected(reader: Reader | Unit, versionId: string): Promise<boolean> {
  return (await receiptOfVersion.first(reader, { versionId, kind: 'collected' })) !== undefined;
}

import { randomBytes } from 'node:crypto';
import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Unit } from '../database/units.ts';
import { idRandomBytes, timeOrderedId } from '../domain/ids.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import { lastOf } from '../ledger/ledger.ts';
import type { ReceiptsParts } from './parts.ts';
import {
  receiptType,
  type CheckpointName,
  type LedgerRow,
  type Receipt,
  type ReceiptKind,
  type SignedUpload,
} from './receipt.ts';

/** Who sent a file. */
export type Sender = Pick<Receipt, 'agency' | 'user' | 'keyFingerprint'>;

/** What a receipt is to say of a file. */
export type Received = Sender &
  Pick<Receipt, 'tree' | 'path' | 'size' | 'sha256'> & {
    readonly versionId: string;
    readonly receivedAtMs: number;
  };

type More = {
  readonly ledgerRow: LedgerRow;
  readonly collected?: { readonly atMs: number; readonly by: Receipt['collectedBy'] };
  readonly signedUpload?: SignedUpload;
};

const insertReceipt = prepare((query, row: Row<'receipts'>) =>
  query.insertInto('receipts').values({
    id: row.id,
    kind: row.kind,
    agency: row.agency,
    username: row.username,
    tree: row.tree,
    path: row.path,
    version_id: row.version_id,
    sha256: row.sha256,
    body: row.body,
    signature: row.signature,
  }),
);

/** Makes and signs a receipt, in the unit of what it is for; returns its id. */
export async function issue(
  { key, version }: Pick<ReceiptsParts, 'key' | 'version'>,
  unit: Unit,
  { versionId, receivedAtMs, ...file }: Received,
  { ledgerRow, collected, signedUpload }: More,
): Promise<string> {
  const kind: ReceiptKind = collected === undefined ? 'received' : 'collected';
  const receipt: Receipt = {
    v: 1,
    type: receiptType,
    receiptId: timeOrderedId(unit.nowMs, randomBytes(idRandomBytes)),
    kind,
    agency: file.agency,
    user: file.user,
    keyFingerprint: file.keyFingerprint,
    tree: file.tree,
    path: file.path,
    size: file.size,
    sha256: file.sha256,
    receivedAt: isoOf(receivedAtMs),
    issuedAt: isoOf(unit.nowMs),
    ledgerRow,
    checkpoint: (await checkpointBefore(unit)) ?? null,
    ...(collected?.by !== undefined && {
      collectedAt: isoOf(collected.atMs),
      collectedBy: collected.by,
    }),
    ...(signedUpload !== undefined && { signedUpload }),
    server: { name: 'waybill', version },
  };
  const body = canonicalJson(receipt);
  await insertReceipt.run(unit, {
    id: receipt.receiptId,
    kind,
    agency: file.agency,
    username: file.user,
    tree: file.tree,
    path: file.path,
    version_id: versionId,
    sha256: file.sha256,
    body,
    signature: key.sign('receipt', body),
  });
  return receipt.receiptId;
}

/** Its note is not asked for: this is done for every file. */
const latestName = prepare((query) =>
  query.selectFrom('checkpoints').select(['size', 'hash']).orderBy('size', 'desc').limit(1),
);

/** The row that the unit has just written is behind every one there is. */
async function checkpointBefore(unit: Unit): Promise<CheckpointName | undefined> {
  const latest = await latestName.first(unit, {});
  return latest && { size: latest.size, hash: Buffer.from(latest.hash).toString('hex') };
}

/** The newest row of the ledger, as the unit that has just appended it names it. */
export async function rowJustAppended(unit: Unit): Promise<LedgerRow> {
  const last = await lastOf(unit);
  if (last === undefined) throw new Error('a receipt for what no row tells of');
  return { seq: last.seq, hash: Buffer.from(last.hash).toString('hex') };
}

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

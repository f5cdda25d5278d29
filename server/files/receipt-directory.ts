import { createHash, randomBytes } from 'node:crypto';
import { sealedBytes } from '../blobs/sealed-bytes.ts';
import type { Attributes, DirectoryEntry } from '../domain/attributes.ts';
import type { BlobGrant } from '../domain/grants.ts';
import { segmentsOf, type VirtualPath } from '../domain/virtual-path.ts';
import type { Reader, Unit } from '../database/units.ts';
import type { FilesParts } from './parts.ts';
import type { ReceiptFile } from './receipts.ts';
import { newBlobId, receiptsDirectory, type Agency } from './tree.ts';

type Parts = Pick<FilesParts, 'receipts'>;

const receiptMode = 0o440;
const dataKeyBytes = 32;

export function isReceiptDirectory(path: VirtualPath): boolean {
  return path === `/${receiptsDirectory}`;
}

/** The name of a file in `/receipts`; undefined for what is elsewhere, or deeper. */
function nameIn(path: VirtualPath): string | undefined {
  const [directory, name, ...deeper] = segmentsOf(path);
  return directory === receiptsDirectory && deeper.length === 0 ? name : undefined;
}

/** What a file that is made when it is asked for shows as; undefined where there is none of that path. */
export async function receiptAttributes(
  { receipts }: Parts,
  reader: Reader | Unit,
  agency: Agency,
  path: VirtualPath,
): Promise<Attributes | undefined> {
  const name = nameIn(path);
  if (name === undefined) return undefined;
  const found = await receipts.find(reader, agency.code, name);
  return found === undefined ? undefined : attributesOf(found, agency);
}

function attributesOf({ size, atMs }: ReceiptFile, { code }: Agency): Attributes {
  return {
    kind: 'file',
    size,
    mode: receiptMode,
    accessedAtMs: atMs,
    modifiedAtMs: atMs,
    owner: code,
    group: code,
  };
}

/**
 * Leave to read one of them: its bytes, sealed under a key of this open alone, go with the grant. No blob of that id is
 * ever stored.
 */
export async function grantReceipt(
  { receipts }: Parts,
  unit: Unit,
  agency: Agency,
  path: VirtualPath,
): Promise<{ readonly blob: BlobGrant; readonly attributes: Attributes } | undefined> {
  const name = nameIn(path);
  if (name === undefined) return undefined;
  const found = await receipts.find(unit, agency.code, name);
  const bytes = await receipts.read(unit, agency.code, name);
  if (found === undefined || bytes === undefined) return undefined;
  const blobId = newBlobId();
  const dataKey = randomBytes(dataKeyBytes);
  return {
    blob: {
      blobId,
      dataKey,
      size: bytes.length,
      root: null,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      content: sealedBytes(blobId, dataKey, bytes),
    },
    attributes: { ...attributesOf(found, agency), size: bytes.length },
  };
}

/** A batch of them in the order of their names' bytes; fewer than `max` are the last. */
export async function receiptEntries(
  { receipts }: Parts,
  reader: Reader,
  agency: Agency,
  { after, max }: { readonly after: string; readonly max: number },
): Promise<readonly DirectoryEntry[]> {
  const files = await receipts.list(reader, agency.code, after, max);
  return files.map((file) => ({ name: file.name, attributes: attributesOf(file, agency) }));
}

/** `/receipts` is as new as the newest of them. */
export async function withNewestReceipt(
  { receipts }: Parts,
  reader: Reader,
  agency: Agency,
  attributes: Attributes,
): Promise<Attributes> {
  const newestAtMs = (await receipts.newestAtMs(reader, agency.code)) ?? 0;
  return { ...attributes, modifiedAtMs: Math.max(attributes.modifiedAtMs, newestAtMs) };
}

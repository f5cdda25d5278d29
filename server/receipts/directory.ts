import { prepare } from '../database/prepared.ts';
import type { Reader } from '../database/units.ts';
import type { ReceiptFile, Receipts } from '../files/receipts.ts';
import { latestCheckpoint } from '../ledger/checkpoints.ts';
import type { ReceiptsParts } from './parts.ts';
import { fileNameOf, idFrom, issuedAtMsOf, partNamed, signatureSuffix } from './receipt.ts';

const dayMs = 24 * 60 * 60_000;
const signersName = 'allowed_signers';
const checkpointName = 'checkpoint.txt';
/** Of `<time>-<id>`: what is behind it in a name tells files of one receipt apart. */
const stemLength = '20261122T101530.123Z-'.length + 32;

const listed = prepare((query, given: { agency: string; from: string; max: number }) =>
  query
    .selectFrom('receipts')
    .select((build) => [
      'id',
      build.fn<number>('octet_length', ['body']).as('text_bytes'),
      build.fn<number>('octet_length', ['signature']).as('signature_bytes'),
    ])
    .where('agency', '=', given.agency)
    .where('id', '>=', given.from)
    .orderBy('id')
    .limit(given.max),
);

const newest = prepare((query, given: { agency: string }) =>
  query
    .selectFrom('receipts')
    .select('id')
    .where('agency', '=', given.agency)
    .orderBy('id', 'desc')
    .limit(1),
);

const byId = prepare((query, given: { id: string }) =>
  query.selectFrom('receipts').select(['agency', 'body', 'signature']).where('id', '=', given.id),
);

type Directory = Pick<Receipts, 'list' | 'newestAtMs' | 'find' | 'read'>;

/**
 * `/receipts` of an agency. It lists the receipts of the last days, in the order of time, and behind them what verifies
 * them; older ones are there by their names all the same.
 */
export function receiptDirectory({
  key,
  limits,
}: Pick<ReceiptsParts, 'key' | 'limits'>): Directory {
  /** What every such directory has, in the order of names. */
  const standing = async (reader: Reader): Promise<readonly StandingFile[]> => {
    const { text, atMs } = await key.allowedSigners(reader);
    const checkpoint = await latestCheckpoint(reader);
    return [
      { name: signersName, atMs, bytes: Buffer.from(text) },
      ...(checkpoint === undefined
        ? []
        : [{ name: checkpointName, atMs: checkpoint.atMs, bytes: Buffer.from(checkpoint.note) }]),
    ];
  };
  const bytesOf = async (
    reader: Reader,
    agency: string,
    name: string,
  ): Promise<StandingFile | undefined> => {
    if (name === signersName || name === checkpointName)
      return (await standing(reader)).find((file) => file.name === name);
    const wanted = partNamed(name);
    const row = wanted && (await byId.first(reader, { id: wanted.id }));
    if (wanted === undefined || row === undefined || row.agency !== agency) return undefined;
    const text = wanted.part === 'text' ? row.body : row.signature;
    return { name, atMs: issuedAtMsOf(wanted.id), bytes: Buffer.from(text) };
  };
  return {
    list: async (reader, agency, after, max) => {
      const oldest = idFrom(reader.nowMs - limits.receiptDaysListedMax * dayMs);
      const behind = idBehind(after);
      const files: ReceiptFile[] = [];
      let from = behind > oldest ? behind : oldest;
      while (files.length < max) {
        const rows = await listed.all(reader, { agency, from, max });
        files.push(...rows.flatMap(filesOf).filter(({ name }) => isBehind(name, after)));
        if (rows.length < max) {
          files.push(
            ...(await standing(reader)).map(shown).filter((file) => isBehind(file.name, after)),
          );
          break;
        }
        // In front of every id that is behind that one.
        from = `${rows.at(-1)!.id}0`;
      }
      return files.slice(0, max);
    },
    newestAtMs: async (reader, agency) => {
      const row = await newest.first(reader, { agency });
      return row === undefined ? null : issuedAtMsOf(row.id);
    },
    find: async (reader, agency, name) => {
      const file = await bytesOf(reader, agency, name);
      return file && { name, atMs: file.atMs, size: file.bytes.length };
    },
    read: async (reader, agency, name) => (await bytesOf(reader, agency, name))?.bytes,
  };
}

type StandingFile = { readonly name: string; readonly atMs: number; readonly bytes: Buffer };
type Listed = {
  readonly id: string;
  readonly text_bytes: number;
  readonly signature_bytes: number;
};

function filesOf(row: Listed): readonly ReceiptFile[] {
  const name = fileNameOf(row.id);
  const atMs = issuedAtMsOf(row.id);
  return [
    { name, atMs, size: row.text_bytes },
    { name: `${name}${signatureSuffix}`, atMs, size: row.signature_bytes },
  ];
}

function shown({ bytes, ...file }: StandingFile): ReceiptFile {
  return { ...file, size: bytes.length };
}

/** An id that is in front of those of all names behind `after`, and of few others. */
function idBehind(after: string): string {
  const id = partNamed(`${after.slice(0, stemLength)}.json`)?.id;
  if (id !== undefined) return id;
  // No name of a receipt, but somewhere between them all the same.
  let [low, high] = [0, lastMs];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (fileNameOf(idFrom(middle)) < after) low = middle + 1;
    else high = middle;
  }
  return idFrom(low - 1);
}

/** Of the last year that a name can say. */
const lastMs = Date.UTC(9999, 11, 31);

function isBehind(name: string, after: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

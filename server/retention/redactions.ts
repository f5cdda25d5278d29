import { checkShownName, fieldInvalid } from '../accounts/fields.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Origin } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import {
  nameOf,
  parentOf,
  parseVirtualPathText,
  pathBytesMax,
  type VirtualPath,
} from '../domain/virtual-path.ts';
import type { LiveOpens } from '../files/opens.ts';
import { findEntry, isTreeEmpty, type Agency } from '../files/tree.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { LedgerNames } from '../ledger/names.ts';
import type { Erasure } from './erasure.ts';
import { record } from './parts.ts';
import { formsOf } from './redacted-forms.ts';
import { isReceiptDue } from './redacted-receipts.ts';
import { redactRecords, type RecordCounts, type RedactedRecords } from './redacted-records.ts';
import { holdOnName, standingHolds } from './standing-holds.ts';

export type WantedRedaction = {
  /** Code. */
  readonly agency: string;
  /** As the ledger has it, which takes its signature and its temporary names along; null for every name of the agency up to now. */
  readonly path: string | null;
  readonly reason: string;
  /** Who wants it: a court and its number, a statute, an office. */
  readonly authority: string;
};

export const stayingParts = ['ledger', 'certificates', 'receipts'] as const;
export type Staying = (typeof stayingParts)[number];

/** What was redacted. */
export type Redaction = {
  readonly agency: string;
  /** What rows of the ledger have in place of the name, base64url; none where all names of the agency went. */
  readonly commitments: readonly string[];
  /** Records of transfers that are told without it. */
  readonly transfers: number;
  /** Receipts that are gone with it. */
  readonly receipts: number;
  /** Whether nothing of it is left in the log of the database by now; otherwise soon. */
  readonly erased: boolean;
  /** What has such names still, and keeps them: signed records, and rows of the ledger that are older than redaction. */
  readonly stays: readonly Staying[];
};

export type RedactionParts = {
  /** Through it goes what an administrator changes. */
  readonly guarded: Database;
  readonly ledger: Ledger;
  readonly names: Pick<LedgerNames, 'redact' | 'redactAll' | 'agencies'>;
  readonly opens: Pick<LiveOpens, 'all'>;
  readonly erasure: Pick<Erasure, 'erase'>;
};

export type Redactions = {
  /**
   * Takes a name out of the ledger and out of the records of transfers, for good.
   *
   * @throws Fault `field-invalid`, `held`, `conflict` while something lies there, `not-found` where nobody has the name
   */
  redact(origin: Origin, wanted: WantedRedaction): Promise<Redaction>;
};

export function createRedactions(parts: RedactionParts): Redactions {
  return {
    redact: async (origin, wanted) => {
      const words = checkWords(wanted);
      const done = await parts.guarded.write(
        (unit) => redact(parts, unit, origin, { ...wanted, ...words }),
        { by: origin },
      );
      const more = await redactRest(parts, done.rest);
      const { rest: _, ...told } = done;
      const transfers = done.transfers + more.transfers;
      const receipts = done.receipts + more.receipts;
      return { ...told, transfers, receipts, erased: await parts.erasure.erase() };
    },
  };
}

type Words = Pick<WantedRedaction, 'reason' | 'authority'>;

/** A shorter one is in every other word. */
const nameCharactersMin = 4;

/** What is said of it is in the ledger for good, so it must not say the name. @throws Fault `field-invalid` */
function checkWords({ path, reason, authority }: WantedRedaction): Words {
  const words = {
    reason: checkShownName(reason, '/reason'),
    authority: checkShownName(authority, '/authority'),
  };
  if (path === null) return words;
  if (!path.startsWith('/') || path === '/' || Buffer.byteLength(path) > pathBytesMax)
    throw fieldInvalid('/path', `a path such as /outgoing/name, of at most ${pathBytesMax} bytes`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (const [field, text] of Object.entries(words))
    if (text.includes(path) || (name.length >= nameCharactersMin && text.includes(name)))
      throw fieldInvalid(`/${field}`, 'words without the name: they stay in the ledger');
  return words;
}

type Done = Omit<Redaction, 'erased'> & { readonly rest: readonly RedactedRecords[] };

async function redact(
  parts: RedactionParts,
  unit: Unit,
  origin: Origin,
  wanted: WantedRedaction,
): Promise<Done> {
  const agency = await agencyOf(unit, wanted.agency);
  return wanted.path === null
    ? redactAgency(parts, unit, origin, { ...wanted, agency })
    : redactName(parts, unit, origin, { ...wanted, path: wanted.path, agency });
}

/** One that was removed has names, too. @throws Fault `field-invalid` */
async function agencyOf({ query }: Unit, code: string): Promise<Agency> {
  const agency = await query
    .selectFrom('agencies')
    .select(['id', 'code', 'root_entry_id'])
    .where('code', '=', code)
    .executeTakeFirst();
  if (agency === undefined) throw fieldInvalid('/agency', 'the code of an agency');
  return agency;
}

type NameOf = Words & { readonly agency: Agency; readonly path: string };

async function redactName(
  parts: RedactionParts,
  unit: Unit,
  origin: Origin,
  { agency, path, reason, authority }: NameOf,
): Promise<Done> {
  const forms = formsOf(path);
  for (const form of forms) {
    await refuseThere(parts, unit, agency, form);
    refuseFor(await holdOnName(unit, { agencyId: agency.id, path: form }));
    await refuseDue(unit, agency, form);
  }
  const commitments: string[] = [];
  for (const form of forms)
    commitments.push(...(await redactEverywhere(parts, unit, agency.code, form)));
  const places = forms.flatMap((form): readonly RedactedRecords[] => [
    { kind: 'transfers', agencyId: agency.id, path: form, after: null },
    { kind: 'receipts', agency: agency.code, path: form, after: '' },
  ]);
  const { rest, transfers, receipts } = await redactRecords(unit, places);
  const stays = await staysOf(unit, agency.code, forms);
  const isAny = commitments.length + transfers + receipts + rest.length > 0;
  if (!isAny) throw new Fault('not-found', notFoundText(stays));
  await record(parts, unit, origin, {
    event: 'name.redacted.1',
    agency: agency.code,
    commitments,
    transfers,
    receipts,
    why: reason,
    authority,
  });
  return { agency: agency.code, commitments, transfers, receipts, stays, rest };
}

function notFoundText(stays: Redaction['stays']): string {
  return stays.length === 0
    ? 'no such name'
    : `nothing that can be redacted has that name: it stays in ${stays.join(' and ')}`;
}

/** The name in the agency's tree, in none (patterns, and what administrators asked for), and as the State sees it. */
async function redactEverywhere(
  { names }: RedactionParts,
  unit: Unit,
  code: string,
  path: string,
): Promise<readonly string[]> {
  const seenByState = `/agencies/${code}${path}`;
  const commitments: string[] = [];
  for (const owner of await names.agencies(unit))
    for (const name of owner === code || owner === '' ? [path, seenByState] : [seenByState]) {
      const commitment = await names.redact(unit, owner, name);
      if (commitment !== undefined) commitments.push(commitment);
    }
  return commitments;
}

type NamesOf = Words & { readonly agency: Agency };

async function redactAgency(
  { names, ledger, opens }: RedactionParts,
  unit: Unit,
  origin: Origin,
  { agency, reason, authority }: NamesOf,
): Promise<Done> {
  const isOpen = [...opens.all()].some((open) => open.agency.id === agency.id);
  if (isOpen || !(await isTreeEmpty(unit, agency.id)))
    throw new Fault('conflict', 'the agency has files; their names go when they are gone');
  const root = { agencyId: agency.id, path: '/', entryId: agency.root_entry_id };
  refuseFor(await standingHolds.below(unit, root));
  const hadNames = await names.redactAll(unit, agency.code);
  const { rest, transfers } = await redactRecords(unit, [
    { kind: 'transfers', agencyId: agency.id, path: null, after: null },
  ]);
  if (!hadNames && transfers === 0) throw new Fault('not-found', 'the agency has no names');
  await record({ ledger }, unit, origin, {
    event: 'agency-names.redacted.1',
    agency: agency.code,
    transfers,
    why: reason,
    authority,
  });
  const stays: readonly Staying[] = ['certificates', 'receipts'];
  return { agency: agency.code, commitments: [], transfers, receipts: 0, stays, rest };
}

/** More records than one unit takes. Where it breaks off, whoever redacts again finds the others. */
async function redactRest(
  { guarded }: RedactionParts,
  from: readonly RedactedRecords[],
): Promise<RecordCounts> {
  const counts = { transfers: 0, receipts: 0 };
  for (let rest = from; rest.length > 0;) {
    const places = rest;
    const part = await guarded.write((unit) => redactRecords(unit, places));
    counts.transfers += part.transfers;
    counts.receipts += part.receipts;
    rest = part.rest;
    await new Promise(setImmediate);
  }
  return counts;
}

/** @throws Fault `conflict` */
async function refuseThere(
  { opens }: RedactionParts,
  unit: Unit,
  agency: Agency,
  path: string,
): Promise<void> {
  const isOpen = [...opens.all()].some(
    (open) => open.agency.id === agency.id && open.path === path,
  );
  if (isOpen || (await isThere(unit, agency, path)))
    throw new Fault(
      'conflict',
      'something lies there by that name, or as its signature or under a temporary form of it; it goes before its name does',
    );
}

/** Its receipt would have the name anew. @throws Fault `conflict` */
async function refuseDue(unit: Unit, agency: Agency, path: string): Promise<void> {
  if (await isReceiptDue(unit, agency, path))
    throw new Fault('conflict', 'a receipt of it is due yet; try again in some minutes');
}

async function isThere(reader: Reader | Unit, agency: Agency, path: string): Promise<boolean> {
  const parsed = parsedPath(path);
  // What is no path of a tree, such as a pattern, is nowhere.
  if (parsed === undefined) return false;
  if ((await findEntry(reader, agency, parsed)) !== undefined) return true;
  const parent = await findEntry(reader, agency, parentOf(parsed));
  if (parent === undefined) return false;
  const upload = await reader.query
    .selectFrom('uploads')
    .select('id')
    .where('parent_id', '=', parent.id)
    .where('name', '=', nameOf(parsed))
    .limit(1)
    .executeTakeFirst();
  return upload !== undefined;
}

function parsedPath(path: string): VirtualPath | undefined {
  try {
    return parseVirtualPathText(path);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

function refuseFor(
  hold: { readonly reason: string; readonly authority: string } | undefined,
): void {
  if (hold === undefined) return;
  throw new Fault('held', `under a legal hold: ${hold.reason} (${hold.authority})`);
}

async function staysOf(
  { query }: Unit,
  agency: string,
  paths: readonly string[],
): Promise<Redaction['stays']> {
  const stays: Staying[] = [];
  for (const table of ['ledger', 'certificates'] as const) {
    const row = await query
      .selectFrom(table)
      .select('path')
      .where('path', 'in', paths)
      // In a form that no index of agencies serves: under a path there are few, and of an agency all.
      .where((build) => build.fn('ifnull', ['agency', build.val('')]), '=', agency)
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) stays.push(table);
  }
  return stays;
}

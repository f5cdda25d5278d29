import { prepare } from '../database/prepared.ts';
import type { Row } from '../database/schema.ts';
import type { Database, Reader, Unit } from '../database/units.ts';
import type { Actor } from '../domain/events.ts';
import { Fault } from '../domain/faults.ts';
import { limits } from '../domain/limits.ts';
import type { RetentionRule, RetentionTarget } from '../domain/retention.ts';
import { newId } from '../files/tree.ts';
import { canonicalJson } from '../ledger/canonical-json.ts';
import { allowedSigners, evidenceKeyPeriods, type EvidenceKey } from '../signing/evidence-key.ts';
import { isoOf } from './parts.ts';

const certificateType = 'waybill-destruction.1';

/** How it was destroyed: said in each certificate, for who reads it alone. */
export const destructionMethod =
  "Cryptographic erase (NIST SP 800-88 Rev. 1, section 2.5): the file's own AES-256 data key was destroyed in the database, " +
  'its row overwritten (SQLite secure_delete); the ciphertext was removed. It does not reach backups that were taken before.';

type ActorName = { readonly kind: Actor['kind']; readonly keyId?: string; readonly name?: string };

/** What is signed. Times are ISO 8601, UTC. */
export type Certificate = {
  readonly id: string;
  readonly type: typeof certificateType;
  /** Code. */
  readonly agency: string;
  /** Inside the agency's tree. */
  readonly path: string;
  readonly target: RetentionTarget;
  /** Of the version, or of the upload. */
  readonly versionId: string;
  readonly size: number;
  /** Of the content, hex; null for a partial upload. */
  readonly sha256: string | null;
  /** Of a partial upload: when it was last written. */
  readonly receivedAt: string;
  /** A user name, or `admin:<name of the key>`; null where nobody knows. */
  readonly receivedBy: string | null;
  readonly collectedAt: string | null;
  readonly purgedAt: string;
  readonly rule: {
    readonly agency: string | null;
    readonly path: string;
    readonly olderThanDays: number;
    readonly clock: RetentionRule['clock'];
    readonly targets: readonly RetentionTarget[];
    readonly keepVersions: number;
  };
  readonly jobId: string;
  readonly jobName: string;
  readonly runId: string;
  /** Of the items of the run's plan, hex. */
  readonly planSha256: string | null;
  readonly requestedBy: ActorName;
  readonly approvedBy: ActorName | null;
  readonly method: string;
  readonly server: { readonly name: 'waybill'; readonly version: string };
};

/** A certificate as it is kept. */
export type KeptCertificate = {
  readonly certificate: Certificate;
  /** Canonical JSON (RFC 8785) of it, to the byte what is signed. */
  readonly text: string;
  /** An armored SSH signature (PROTOCOL.sshsig). */
  readonly signature: string;
};

/** What a certificate says of a run. */
export type CertifiedRun = {
  readonly id: string;
  /** What came before this is old enough. */
  readonly cutoffMs: number;
  readonly jobId: string;
  readonly jobName: string;
  readonly rule: RetentionRule;
  readonly planSha256: string | null;
  readonly requestedBy: Actor;
  readonly approvedBy: Actor | null;
};

/** What goes, as it was found in the unit that destroys it. */
export type CertifiedContent = {
  readonly target: RetentionTarget;
  readonly targetId: string;
  readonly agency: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly receivedAtMs: number;
  readonly receivedBy: string | null;
  readonly collectedAtMs: number | null;
};

export type CertifyParts = {
  readonly key: Pick<EvidenceKey, 'sign'>;
  /** Of the server. */
  readonly version: string;
};

function nameOf(actor: Actor): ActorName {
  if (actor.kind === 'admin') return { kind: 'admin', keyId: actor.keyId, name: actor.name };
  return actor.kind === 'user' ? { kind: 'user', name: actor.username } : { kind: actor.kind };
}

const insertCertificate = prepare((query, row: Row<'certificates'>) =>
  query.insertInto('certificates').values({
    id: row.id,
    run_id: row.run_id,
    job_id: row.job_id,
    agency: row.agency,
    path: row.path,
    target: row.target,
    target_id: row.target_id,
    size: row.size,
    sha256: row.sha256,
    received_at: row.received_at,
    purged_at: row.purged_at,
    body: row.body,
    signature: row.signature,
  }),
);

/** Makes and signs the certificate of what goes, in the unit that destroys it; returns its id. */
export async function certify(
  { key, version }: CertifyParts,
  unit: Unit,
  run: CertifiedRun,
  content: CertifiedContent,
): Promise<string> {
  const { glob, ...rule } = run.rule;
  const { target, targetId, agency, path, size, sha256 } = content;
  const certificate: Certificate = {
    id: newId(),
    type: certificateType,
    agency,
    path,
    target,
    versionId: targetId,
    size,
    sha256,
    receivedAt: isoOf(content.receivedAtMs),
    receivedBy: content.receivedBy,
    collectedAt: content.collectedAtMs === null ? null : isoOf(content.collectedAtMs),
    purgedAt: isoOf(unit.nowMs),
    rule: {
      agency: rule.agency,
      path: glob,
      olderThanDays: rule.olderThanDays,
      clock: rule.clock,
      targets: rule.targets,
      keepVersions: rule.keepVersions,
    },
    jobId: run.jobId,
    jobName: run.jobName,
    runId: run.id,
    planSha256: run.planSha256,
    requestedBy: nameOf(run.requestedBy),
    approvedBy: run.approvedBy === null ? null : nameOf(run.approvedBy),
    method: destructionMethod,
    server: { name: 'waybill', version },
  };
  const body = canonicalJson(certificate);
  await insertCertificate.run(unit, {
    id: certificate.id,
    run_id: run.id,
    job_id: run.jobId,
    agency,
    path,
    target,
    target_id: targetId,
    size,
    sha256,
    received_at: content.receivedAtMs,
    purged_at: unit.nowMs,
    body,
    signature: key.sign('destruction', body),
  });
  return certificate.id;
}

export type CertificateFilter = {
  /** Code. */
  readonly agency?: string;
  /** Exactly. */
  readonly path?: string;
  readonly sha256?: string;
  readonly runId?: string;
  readonly jobId?: string;
  /** Of the destruction, this one included. */
  readonly fromMs?: number;
  /** Of the destruction, this one not included. */
  readonly toMs?: number;
};

/** Where a page ended: the time of destruction and the id of the last certificate that was looked at. */
export type CertificatePlace = { readonly purgedAtMs: number; readonly id: string };

export type CertificateListing = CertificateFilter & {
  readonly limit: number;
  readonly after?: CertificatePlace | null;
};

export type Certificates = {
  /** The newest first. A page may have fewer than asked for though there is a next one. */
  list(listing: CertificateListing): Promise<{
    readonly items: readonly KeptCertificate[];
    readonly next: CertificatePlace | null;
  }>;
  /** @throws Fault `not-found` */
  get(id: string): Promise<KeptCertificate>;
  /** An `allowed_signers` file of every key that ever signed here, the newest first. */
  allowedSigners(): Promise<string>;
};

const pageItemsMax = 500;

export function createCertificates(
  { database }: { readonly database: Database },
  lookedAtMax: number = limits.certificatesLookedAtMax,
): Certificates {
  return {
    list: (listing) => database.read((reader) => search(reader, listing, lookedAtMax)),
    get: (id) =>
      database.read(async ({ query }) => {
        const row = await query
          .selectFrom('certificates')
          .selectAll()
          .where('id', '=', id)
          .executeTakeFirst();
        if (row === undefined) throw new Fault('not-found', 'no such certificate');
        return keptOf(row);
      }),
    allowedSigners: async () => allowedSigners(await database.read(evidenceKeyPeriods)),
  };
}

function keptOf({ body, signature }: Row<'certificates'>): KeptCertificate {
  return { certificate: JSON.parse(body) as Certificate, text: body, signature };
}

/** Filters and their columns; each has an index in the order of the list. The one that leaves the fewest comes first. */
const drivers = {
  sha256: 'sha256',
  path: 'path',
  runId: 'run_id',
  jobId: 'job_id',
  agency: 'agency',
} as const;
type Driver = keyof typeof drivers;
const driverNames = Object.keys(drivers) as Driver[];

/**
 * One index serves the rarest filter; the others are held against what it finds, `lookedAtMax` rows at the most. Where
 * those were not enough for a page it ends early, perhaps with nothing, and says where to go on.
 */
async function search(reader: Reader, listing: CertificateListing, lookedAtMax: number) {
  const limit = Math.max(1, Math.min(Math.trunc(listing.limit), pageItemsMax));
  const asked = driverNames.filter((name) => listing[name] !== undefined);
  const [driver, ...rest] = asked;
  const inOrder = inOrderOf(reader, listing, driver);
  if (rest.length === 0) return pageOf(await inOrder.limit(limit + 1).execute(), limit);
  // It comes in the order of what is looked through.
  let fitting = lookAt(reader, inOrder, lookedAtMax);
  for (const name of rest) fitting = fitting.where(drivers[name], '=', listing[name]!);
  const rows = await fitting.limit(limit + 1).execute();
  if (rows.length > limit) return pageOf(rows, limit);
  const last = await inOrder
    .limit(1)
    .offset(lookedAtMax - 1)
    .executeTakeFirst();
  return { ...pageOf(rows, limit), next: last === undefined ? null : placeOf(last) };
}

function inOrderOf({ query }: Reader, listing: CertificateListing, driver: Driver | undefined) {
  const { fromMs, toMs, after } = listing;
  let select = query.selectFrom('certificates').selectAll();
  if (driver !== undefined) select = select.where(drivers[driver], '=', listing[driver]!);
  if (fromMs !== undefined) select = select.where('purged_at', '>=', fromMs);
  if (toMs !== undefined) select = select.where('purged_at', '<', toMs);
  if (after !== undefined && after !== null) {
    const { purgedAtMs, id } = after;
    // Said twice: it is the plain comparison that starts the walk through the index there.
    select = select
      .where('purged_at', '<=', purgedAtMs)
      .where((where) =>
        where.or([
          where('purged_at', '<', purgedAtMs),
          where.and([where('purged_at', '=', purgedAtMs), where('id', '<', id)]),
        ]),
      );
  }
  return select.orderBy('purged_at', 'desc').orderBy('id', 'desc');
}

function lookAt({ query }: Reader, found: ReturnType<typeof inOrderOf>, max: number) {
  return query.selectFrom(found.limit(max).as('looked')).selectAll();
}

function pageOf(rows: readonly Row<'certificates'>[], limit: number) {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(keptOf),
    next: rows.length > limit && last !== undefined ? placeOf(last) : null,
  };
}

function placeOf({ purged_at: purgedAtMs, id }: Row<'certificates'>): CertificatePlace {
  return { purgedAtMs, id };
}

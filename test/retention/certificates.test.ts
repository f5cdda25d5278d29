import t from 'tap';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { parseGlob } from '../../server/domain/glob.ts';
import { ledger } from '../fixtures/ledger.ts';
import {
  certify,
  createCertificates,
  type Certificate,
  type CertificateFilter,
  type CertificatePlace,
} from '../../server/retention/certificates.ts';
import { noteEvidenceKey } from '../../server/signing/evidence-key.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { verifySshsig } from '../signing/fixtures/verify-sshsig.ts';
import { evidenceKey, scheduledRun } from './fixtures/purging.ts';

const parts = { key: evidenceKey, version: '1' };
const hashes = ['0', '1', '2'].map((digit) => digit.repeat(64));

/** Certificates over a few values of everything, several of the same millisecond. */
async function filled(t: Parameters<typeof freshDatabase>[0], count: number) {
  let nowMs = 1_000;
  const database = freshDatabase(t, () => nowMs);
  for (let index = 0; index < count; index += 1) {
    nowMs = 1_000 + Math.floor(index / 3) * 10;
    await database.write((unit) =>
      certify(
        parts,
        unit,
        { ...scheduledRun, id: `run-${index % 4}`, jobId: `job-${index % 2}` },
        {
          target: 'file',
          targetId: `v${index}`,
          agency: index % 3 === 0 ? 'kern' : 'alameda',
          path: `/outgoing/${index % 5}`,
          size: index,
          sha256: index % 7 === 0 ? null : hashes[index % 3]!,
          receivedAtMs: 0,
          receivedBy: null,
          collectedAtMs: index,
        },
      ),
    );
  }
  return database;
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const filters = fc.record({
  agency: maybe(fc.constantFrom('kern', 'alameda', 'none')),
  path: maybe(fc.constantFrom('/outgoing/0', '/outgoing/3', '/outgoing/none')),
  sha256: maybe(fc.constantFrom(...hashes)),
  runId: maybe(fc.constantFrom('run-0', 'run-3')),
  jobId: maybe(fc.constantFrom('job-0', 'job-1')),
  fromMs: maybe(fc.integer({ min: 990, max: 1_200 })),
  toMs: maybe(fc.integer({ min: 990, max: 1_200 })),
});

function fits(certificate: Certificate, { fromMs, toMs, ...equal }: CertificateFilter): boolean {
  const at = Date.parse(certificate.purgedAt);
  return (
    Object.entries(equal).every(
      ([name, value]) => value === undefined || certificate[name as keyof typeof equal] === value,
    ) &&
    (fromMs === undefined || at >= fromMs) &&
    (toMs === undefined || at < toMs)
  );
}

t.test('every search finds what fits, all of it, once, the newest first', async (t) => {
  const database = await filled(t, 60);
  const everything = await createCertificates({ database }).list({ limit: 500 });
  t.equal(everything.items.length, 60);
  t.equal(everything.next, null);
  const ids = everything.items.map(({ certificate }) => certificate.id);
  const byTime = everything.items.map(
    ({ certificate }) => `${certificate.purgedAt} ${certificate.id}`,
  );
  t.same(byTime, byTime.toSorted().toReversed());
  // Few enough that a search often has to go on.
  for (const lookedAtMax of [3, 7, 5_000]) {
    const certificates = createCertificates({ database }, lookedAtMax);
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 20 }), async (filter, limit) => {
        const found: string[] = [];
        let after: CertificatePlace | null = null;
        for (let pages = 0; ; pages += 1) {
          const page: Awaited<ReturnType<typeof certificates.list>> = await certificates.list({
            ...wanted(filter),
            limit,
            after,
          });
          found.push(...page.items.map(({ certificate }) => certificate.id));
          if (page.items.length > limit || pages > 100) return false;
          if (page.next === null) break;
          after = page.next;
        }
        const expected = everything.items
          .filter(({ certificate }) => fits(certificate, wanted(filter)))
          .map(({ certificate }) => certificate.id);
        return JSON.stringify(found) === JSON.stringify(expected);
      }),
      { numRuns: 60 },
    );
  }
  t.equal(new Set(ids).size, 60);
});

function wanted(filter: object): CertificateFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

t.test('one by its id, to the byte as it was signed', async (t) => {
  const database = await filled(t, 2);
  const certificates = createCertificates({ database });
  const { items } = await certificates.list({ limit: 1 });
  const kept = await certificates.get(items[0]!.certificate.id);
  t.same(kept, items[0]);
  t.same(JSON.parse(kept.text), kept.certificate);
  t.equal(
    verifySshsig(kept.signature, 'waybill-destruction', Buffer.from(kept.text)),
    evidenceKey.publicKeyLine,
  );
  t.throws(
    () =>
      verifySshsig(
        kept.signature,
        'waybill-destruction',
        Buffer.from(kept.text.replace('"size":1', '"size":2')),
      ),
    /does not verify/,
  );
  await t.rejects(certificates.get('none'), { code: 'not-found' });
  t.equal(await certificates.allowedSigners(), '');
  await noteEvidenceKey({ database, ledger }, evidenceKey);
  t.match(await certificates.allowedSigners(), evidenceKey.publicKeyLine);
});

t.test('they stay as they are, and nothing has two', async (t) => {
  const database = await filled(t, 3);
  const raw = new BetterSqlite3(join(database.directory, 'waybill.db'));
  t.teardown(() => raw.close());
  t.throws(() => raw.prepare("UPDATE certificates SET path = '/other'").run(), /stay as they are/);
  t.throws(() => raw.prepare('DELETE FROM certificates').run(), /stay as they are/);
  const again = database.write((unit) =>
    certify(
      parts,
      unit,
      { ...scheduledRun, rule: { ...scheduledRun.rule, glob: parseGlob('/x') } },
      {
        target: 'file',
        targetId: 'v1',
        agency: 'kern',
        path: '/x',
        size: 0,
        sha256: null,
        receivedAtMs: 0,
        receivedBy: null,
        collectedAtMs: null,
      },
    ),
  );
  await t.rejects(again, /UNIQUE/);
});

import { actorText, ruleText } from './certificate-forms.ts';
import type { Certificate, CertificateFilter, KeptCertificate } from './certificates.ts';
import {
  bars,
  bytesText,
  code,
  countText,
  escaped,
  facts,
  pageFoot,
  pageHead,
  timeText,
  unchanged,
  type Fact,
} from './page.ts';
import { isoOf } from './parts.ts';
import type { FilesAndBytes } from './views.ts';

/** What a printed run says of itself, over its certificates. */
export type PrintedRun = {
  readonly id: string;
  readonly jobName: string;
  readonly rule: Certificate['rule'];
  readonly planSha256: string | null;
  readonly requestedBy: Certificate['requestedBy'];
  readonly approvedBy: Certificate['approvedBy'];
  /** ISO 8601, UTC; null where it has not begun or ended. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly purged: { readonly files: number; readonly bytes: number };
};

/** A page that needs nothing else and runs nothing: it can be kept, mailed and printed as it is. */
export function certificatePage(
  { certificate, text, signature }: KeptCertificate,
  allowedSigners: string,
): string {
  const { id, agency, path } = certificate;
  return [
    pageHead(`Certificate of destruction ${id}`),
    '<h1>Certificate of destruction</h1>',
    `<p class="lead">${escaped(path)} <span>of ${escaped(agency)}</span></p>`,
    lifeLine(certificate),
    facts([
      ['Certificate', code(id)],
      ['What went', `${escaped(targetTexts[certificate.target])}, ${bytesText(certificate.size)}`],
      [
        'SHA-256',
        certificate.sha256 === null ? 'unknown: it was not whole' : code(certificate.sha256),
      ],
      ['Received', `${timeText(certificate.receivedAt)}${byText(certificate.receivedBy)}`],
      ['Collected', timeText(certificate.collectedAt)],
      ['Destroyed', timeText(certificate.purgedAt)],
      ['Method', escaped(certificate.method)],
      ['Rule', escaped(ruleText(certificate.rule))],
      ['Job', `${escaped(certificate.jobName)} ${code(certificate.jobId)}`],
      ['Run', code(certificate.runId)],
      ['Plan, SHA-256', certificate.planSha256 === null ? '-' : code(certificate.planSha256)],
      ...wordsOf(certificate),
      ['Server', escaped(`${certificate.server.name} ${certificate.server.version}`)],
    ]),
    '<h2>Signature</h2>',
    ...verification(allowedSigners, verifyTime(certificate.purgedAt)),
    `<p>What is signed, to the byte and without a line break at its end (<code>certificate.json</code>):</p>`,
    `<pre>${unchanged(text)}</pre>`,
    '<p>Its signature (<code>certificate.json.sig</code>):</p>',
    `<pre>${unchanged(signature)}</pre>`,
    pageFoot,
  ].join('\n');
}

/** The certificates of a run as one page, a piece at a time: a run may have very many. */
export async function* runPage(
  run: PrintedRun,
  certificates: AsyncIterable<KeptCertificate>,
  allowedSigners: string,
): AsyncGenerator<string> {
  const about = [
    '<h1>Record of destruction</h1>',
    `<p class="lead">${escaped(run.jobName)} <span>run ${escaped(run.id)}</span></p>`,
    facts([
      ['Destroyed', `${countText(run.purged.files)}, ${bytesText(run.purged.bytes)}`],
      ['Began', timeText(run.startedAt)],
      ['Ended', timeText(run.endedAt)],
      ['Rule', escaped(ruleText(run.rule))],
      ['Plan, SHA-256', run.planSha256 === null ? '-' : code(run.planSha256)],
      ...wordsOf(run),
    ]),
  ];
  yield* recordPage(`Destruction by ${run.jobName}`, about, certificates, allowedSigners);
}

/** The same of what a search finds; the filters say on the page what it is. */
export function certificateListPage(
  { fromMs, toMs, ...equal }: CertificateFilter,
  certificates: AsyncIterable<KeptCertificate>,
  allowedSigners: string,
): AsyncGenerator<string> {
  const wanted = Object.entries(filterTexts).flatMap(([name, text]): Fact[] => {
    const value = equal[name as keyof typeof filterTexts];
    return value === undefined ? [] : [[text, code(value)]];
  });
  const time = (ms: number | undefined) => (ms === undefined ? null : isoOf(ms));
  const about = [
    '<h1>Certificates of destruction</h1>',
    facts([...wanted, ['From', timeText(time(fromMs))], ['Until', timeText(time(toMs))]]),
  ];
  return recordPage('Certificates of destruction', about, certificates, allowedSigners);
}

const filterTexts = {
  agency: 'Agency',
  path: 'Path',
  sha256: 'SHA-256',
  jobId: 'Job',
  runId: 'Run',
} as const;

async function* recordPage(
  title: string,
  about: readonly string[],
  certificates: AsyncIterable<KeptCertificate>,
  allowedSigners: string,
): AsyncGenerator<string> {
  yield [
    pageHead(title),
    ...about,
    '<h2>What was destroyed</h2>',
    '<table><thead><tr><th>Destroyed (UTC)</th><th>Agency</th><th>Path</th><th class="n">Bytes</th><th>SHA-256</th><th>Certificate</th></tr></thead><tbody>\n',
  ].join('\n');
  const totals = new Map<string, FilesAndBytes>();
  for await (const { certificate } of certificates) {
    const { agency, size } = certificate;
    const { files, bytes } = totals.get(agency) ?? { files: 0, bytes: 0 };
    totals.set(agency, { files: files + 1, bytes: bytes + size });
    yield row(certificate);
  }
  yield [
    '</tbody></table>',
    '<h2>By agency</h2>',
    chart(totals),
    '<h2>Signatures</h2>',
    '<p>Each certificate is signed for itself; the export as JSON lines has every one with its signature.</p>',
    ...verification(allowedSigners, '&lt;time&gt;'),
    '<div class="sign"><p>Reviewed by</p><p>Date</p></div>',
    pageFoot,
  ].join('\n');
}

const targetTexts = {
  file: 'a file',
  'previous-version': 'an earlier version of a file',
  'partial-upload': 'an upload that nobody ended',
} as const;

function row(certificate: Certificate): string {
  const { purgedAt, agency, path, target, size, sha256, id } = certificate;
  const note = target === 'file' ? '' : ` <span>(${targetTexts[target]})</span>`;
  const cells = [
    // Where it is narrow it goes on in a second line.
    `<td class="t">${escaped(purgedAt).replace('T', 'T<wbr>')}</td>`,
    `<td>${escaped(agency)}</td>`,
    `<td class="p">${escaped(path)}${note}</td>`,
    `<td class="n">${size}</td>`,
    `<td class="h">${sha256 === null ? '-' : code(sha256)}</td>`,
    `<td class="h">${code(id)}</td>`,
  ];
  return `<tr>${cells.join('')}</tr>\n`;
}

type Worded = Pick<Certificate, 'requestedBy' | 'approvedBy'>;

function wordsOf({ requestedBy, approvedBy }: Worded): readonly Fact[] {
  const asked = requestedBy.kind === 'server' ? 'by its schedule' : actorText(requestedBy);
  return [
    ['Asked for', escaped(asked)],
    [
      'Approved by',
      approvedBy === null ? 'no approval was needed' : escaped(actorText(approvedBy)),
    ],
  ];
}

/** A time to the second, as OpenSSH's `verify-time` has it: a key that was rotated away may not sign today. */
function verifyTime(time: string): string {
  return `${time.replace(/[^0-9]/g, '').slice(0, 14)}Z`;
}

/** @param time of the certificate, as HTML */
function verification(allowedSigners: string, time: string): readonly string[] {
  return [
    '<p>Verify a certificate with the <code>ssh-keygen</code> of OpenSSH 9.1 or later, as of the time when it was signed (to the second, UTC, as 20261122101530Z). It says <code>Good</code>:</p>',
    `<pre>ssh-keygen -Y verify -f allowed_signers -I waybill -n waybill-destruction -Overify-time=${time} -s certificate.json.sig &lt; certificate.json</pre>`,
    '<p>These are the keys that the server signs and signed with (<code>allowed_signers</code>). Compare them with those that you were given another way:</p>',
    `<pre>${unchanged(allowedSigners)}</pre>`,
  ];
}

/** Of 640: half a label has to be beside each end. */
const lineFrom = 90;
const lineTo = 550;

/** Its life as a line: received, collected, destroyed, spaced as they were in time. */
function lifeLine({ receivedAt, collectedAt, purgedAt }: Certificate): string {
  const [from, to] = [Date.parse(receivedAt), Date.parse(purgedAt)];
  const placeOf = (time: string) =>
    lineFrom +
    Math.round(
      (lineTo - lineFrom) *
        Math.min(1, Math.max(0, (Date.parse(time) - from) / Math.max(1, to - from))),
    );
  const points: readonly (readonly [string, string, number])[] = [
    ['received', receivedAt, lineFrom],
    ...(collectedAt === null ? [] : [['collected', collectedAt, placeOf(collectedAt)] as const]),
    ['destroyed', purgedAt, lineTo],
  ];
  // The one between may lie close to either end: its words stand below the line.
  const marks = points.map(([name, time, x]) => {
    const y = name === 'collected' ? 62 : 22;
    const label = `<text x="${x}" y="${y}">${name} ${escaped(time.slice(0, 10))}</text>`;
    return `<circle cx="${x}" cy="38" r="5"/>${label}`;
  });
  return `<svg viewBox="0 0 640 72" role="img" aria-label="received, collected and destroyed in time"><line x1="${lineFrom}" y1="38" x2="${lineTo}" y2="38"/>${marks.join('')}</svg>`;
}

const byText = (name: string | null) => (name === null ? '' : `, from ${escaped(name)}`);

const agenciesShown = 60;

/** Bytes of each agency as bars, the most first. */
function chart(totals: ReadonlyMap<string, FilesAndBytes>): string {
  if (totals.size === 0) return '<p>Nothing was destroyed.</p>';
  const rows = [...totals]
    .toSorted(([, one], [, other]) => other.bytes - one.bytes)
    .slice(0, agenciesShown)
    .map(([agency, { files, bytes }]) => ({
      name: agency,
      value: bytes,
      words: `${countText(files)}, ${bytesText(bytes)}`,
    }));
  const left = totals.size - rows.length;
  return `${bars('bytes by agency', rows)}${left > 0 ? `<p>and ${left} more agencies</p>` : ''}`;
}

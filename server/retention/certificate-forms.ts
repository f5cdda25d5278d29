import type { Certificate, KeptCertificate } from './certificates.ts';

/** One line of JSON: the certificate to the byte as it was signed, and its signature. */
export function certificateLine({ text, signature }: KeptCertificate): string {
  return `{"certificate":${text},"signature":${JSON.stringify(signature)}}\n`;
}

type Column = readonly [name: string, of: (certificate: Certificate) => string | number | null];

const columns: readonly Column[] = [
  ['id', ({ id }) => id],
  ['purgedAt', ({ purgedAt }) => purgedAt],
  ['agency', ({ agency }) => agency],
  ['path', ({ path }) => path],
  ['target', ({ target }) => target],
  ['versionId', ({ versionId }) => versionId],
  ['size', ({ size }) => size],
  ['sha256', ({ sha256 }) => sha256],
  ['receivedAt', ({ receivedAt }) => receivedAt],
  ['receivedBy', ({ receivedBy }) => receivedBy],
  ['collectedAt', ({ collectedAt }) => collectedAt],
  ['rule', (certificate) => ruleText(certificate.rule)],
  ['jobId', ({ jobId }) => jobId],
  ['jobName', ({ jobName }) => jobName],
  ['runId', ({ runId }) => runId],
  ['planSha256', ({ planSha256 }) => planSha256],
  ['requestedBy', ({ requestedBy }) => actorText(requestedBy)],
  ['approvedBy', ({ approvedBy }) => (approvedBy === null ? null : actorText(approvedBy))],
  ['method', ({ method }) => method],
];

export const certificateCsvHeader = csvLine(columns.map(([name]) => name));

/** The same columns as the header; without the signature, which is for the JSON. */
export function certificateCsvLine({ certificate }: KeptCertificate): string {
  return csvLine(columns.map(([, of]) => of(certificate)));
}

/** A row (RFC 4180). A null is an empty cell. */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(csvField).join(',')}\r\n`;
}

/**
 * RFC 4180; what a spreadsheet would run as a formula is made text by an apostrophe before it (CWE-1236). A file's name is
 * its sender's to choose.
 */
function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[\s'"]*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]/u.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `older than 90 days since received, /outgoing/**, of file, previous-version, keeping 2 versions`. */
export function ruleText(rule: Certificate['rule']): string {
  const { agency, path, olderThanDays, clock, targets, keepVersions } = rule;
  const days = olderThanDays === 1 ? '1 day' : `${olderThanDays} days`;
  const kept = keepVersions === 0 ? '' : `, keeping the newest ${keepVersions}`;
  const whose = agency === null ? 'all agencies' : agency;
  return `${targets.join(', ')} of ${whose} in ${path} older than ${days} since ${clock}${kept}`;
}

/** `ana (key abcd…)`, `server`. */
export function actorText({ kind, keyId, name }: Certificate['requestedBy']): string {
  if (name === undefined) return kind;
  return keyId === undefined ? name : `${name} (key ${keyId})`;
}

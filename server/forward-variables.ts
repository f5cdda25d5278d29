import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Fault } from './domain/faults.ts';
import type { Credentials, Destination } from './forwarding/destination.ts';
import { syslogDestination, type SyslogSettings } from './forwarding/syslog.ts';
import { webhookDestination, type WebhookProof } from './forwarding/webhook.ts';
import { version } from './version.ts';

/** The variables that say where the ledger is forwarded to, with what is accepted in words. */
export const forwardVariables = {
  WAYBILL_FORWARD_SYSLOG:
    'tls://host:port of a syslog receiver (RFC 5425), or tcp://127.0.0.1:port on this machine',
  WAYBILL_FORWARD_WEBHOOK: 'an https:// URL without user or password, or http:// on this machine',
  WAYBILL_FORWARD_CA_FILE: 'a PEM file of the authorities that receivers are trusted by',
  WAYBILL_FORWARD_CERT_FILE: 'a PEM file of the certificate shown to receivers',
  WAYBILL_FORWARD_KEY_FILE: 'a PEM file of its private key',
  WAYBILL_FORWARD_SECRET_FILE: 'a file with the secret that webhook calls are signed with',
  WAYBILL_FORWARD_TOKEN_FILE: 'a file with the bearer token of webhook calls',
} as const;

export type ForwardVariableName = keyof typeof forwardVariables;

export type ForwardSettings = {
  readonly syslog: SyslogSettings | null;
  readonly webhook: URL | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  readonly secretFile: string | null;
  readonly tokenFile: string | null;
};

type Given = Readonly<Partial<Record<string, string>>>;

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;
const secretBytesMin = 24;

/** Why a value is not one of the variable; null if it is. */
export function problemOfForward(name: ForwardVariableName, value: string): string | null {
  const isGood =
    name === 'WAYBILL_FORWARD_SYSLOG'
      ? syslogOf(value) !== undefined
      : name === 'WAYBILL_FORWARD_WEBHOOK'
        ? webhookOf(value) !== undefined
        : value !== '' && !value.includes('\0');
  return isGood ? null : forwardVariables[name];
}

/** What the variables leave open between them. */
export function problemsOfForwards(given: Given): readonly string[] {
  const problems: string[] = [];
  const has = (name: ForwardVariableName) => given[name] !== undefined;
  if (has('WAYBILL_FORWARD_CERT_FILE') !== has('WAYBILL_FORWARD_KEY_FILE'))
    problems.push('WAYBILL_FORWARD_CERT_FILE and WAYBILL_FORWARD_KEY_FILE go together');
  if (has('WAYBILL_FORWARD_SECRET_FILE') && has('WAYBILL_FORWARD_TOKEN_FILE'))
    problems.push('WAYBILL_FORWARD_SECRET_FILE and WAYBILL_FORWARD_TOKEN_FILE: set one of them');
  const proofs = [
    'WAYBILL_FORWARD_SECRET_FILE',
    'WAYBILL_FORWARD_TOKEN_FILE',
    'WAYBILL_FORWARD_CERT_FILE',
  ] as const;
  if (has('WAYBILL_FORWARD_WEBHOOK') && !proofs.some(has))
    problems.push(`WAYBILL_FORWARD_WEBHOOK needs one of ${proofs.join(', ')}`);
  return problems;
}

/** @param given values that `problemOfForward` has nothing against */
export function forwardSettingsOf(given: Given): ForwardSettings {
  const fileOf = (name: ForwardVariableName) => given[name] ?? null;
  return {
    syslog: syslogOf(given['WAYBILL_FORWARD_SYSLOG'] ?? '') ?? null,
    webhook: webhookOf(given['WAYBILL_FORWARD_WEBHOOK'] ?? '') ?? null,
    caFile: fileOf('WAYBILL_FORWARD_CA_FILE'),
    certFile: fileOf('WAYBILL_FORWARD_CERT_FILE'),
    keyFile: fileOf('WAYBILL_FORWARD_KEY_FILE'),
    secretFile: fileOf('WAYBILL_FORWARD_SECRET_FILE'),
    tokenFile: fileOf('WAYBILL_FORWARD_TOKEN_FILE'),
  };
}

function syslogOf(value: string): SyslogSettings | undefined {
  const [, scheme, name, digits] = /^(tls|tcp):\/\/([^/?#@\s]+):(\d{1,5})$/.exec(value) ?? [];
  if (name === undefined) return undefined;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return undefined;
  if (scheme === 'tcp' && !loopback.test(name)) return undefined;
  const host = name.replace(/^\[(.*)\]$/, '$1');
  return { host, port, secure: scheme === 'tls' };
}

function webhookOf(value: string): URL | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url;
  return url.protocol === 'http:' && loopback.test(url.hostname) ? url : undefined;
}

/**
 * Where the ledger goes. The files are read for every connection, so that they can be replaced; here once, so that a
 * mistake is told at the start.
 *
 * @throws Fault `configuration-invalid`
 */
export function destinationsOf(settings: ForwardSettings): readonly Destination[] {
  const { syslog, webhook } = settings;
  if (syslog === null && webhook === null) return [];
  const credentials = () => credentialsOf(settings);
  const proof = () => proofOf(settings);
  credentials();
  const destinations: Destination[] = [];
  if (syslog !== null) {
    const head = { hostname: hostname(), processId: process.pid };
    destinations.push(syslogDestination({ settings: syslog, head, credentials }));
  }
  if (webhook !== null) {
    proof();
    const userAgent = `Waybill/${version}`;
    destinations.push(
      webhookDestination({ url: webhook, credentials, proof, userAgent, clock: Date.now }),
    );
  }
  return destinations;
}

function credentialsOf({ caFile, certFile, keyFile }: ForwardSettings): Credentials {
  return {
    ...(caFile !== null && { ca: textIn('WAYBILL_FORWARD_CA_FILE', caFile) }),
    ...(certFile !== null && { cert: textIn('WAYBILL_FORWARD_CERT_FILE', certFile) }),
    ...(keyFile !== null && { key: textIn('WAYBILL_FORWARD_KEY_FILE', keyFile) }),
  };
}

function proofOf({ secretFile, tokenFile }: ForwardSettings): WebhookProof {
  if (secretFile !== null) {
    const secret = secretOf(textIn('WAYBILL_FORWARD_SECRET_FILE', secretFile));
    if (secret.length < secretBytesMin)
      throw new Fault(
        'configuration-invalid',
        `WAYBILL_FORWARD_SECRET_FILE ${secretFile}: a secret has at least ${secretBytesMin} bytes; make one with: openssl rand -base64 32`,
      );
    return { kind: 'signature', secret };
  }
  if (tokenFile === null) return { kind: 'certificate' };
  const token = textIn('WAYBILL_FORWARD_TOKEN_FILE', tokenFile);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Fault(
      'configuration-invalid',
      `WAYBILL_FORWARD_TOKEN_FILE ${tokenFile}: a token is one line of ASCII`,
    );
  return { kind: 'bearer', token };
}

/** As Standard Webhooks writes secrets: `whsec_` and base64. Any other text is the secret itself. */
function secretOf(text: string): Buffer {
  return text.startsWith('whsec_')
    ? Buffer.from(text.slice('whsec_'.length), 'base64')
    : Buffer.from(text, 'utf8');
}

function textIn(variable: ForwardVariableName, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Fault(
      'configuration-invalid',
      `${variable} ${file} cannot be read: ${(cause as Error).message}`,
      { cause },
    );
  }
}

import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  secureOptions,
  type ListenerCertificates,
  type ListenerTls,
} from '../admin-api/listener-tls.ts';
import type { AdminTlsFiles } from './config.ts';
import { Fault } from './domain/faults.ts';

/** Certificates are renewed by programs that rename files or swap links, so they are looked at and not watched. */
const lookEveryMs = 10_000;
const fileBytesMax = 1024 * 1024;

export type AdminTlsParts = {
  readonly files: AdminTlsFiles;
  /** Told when new files are used, and why they are not. */
  readonly log: {
    readonly info: (words: string) => void;
    readonly error: (details: object, words: string) => void;
  };
};

export type AdminTls = ListenerTls & {
  /** Reads the files again now, as happens by itself every ten seconds. */
  readonly look: () => void;
  readonly close: () => void;
};

/**
 * The certificates of the admin API, read again when they change. Files that cannot be used leave the ones before in
 * place, and are told once.
 *
 * @throws Fault `key-material-unusable` where those of the start cannot be used
 */
export function openAdminTls({ files, log }: AdminTlsParts): AdminTls {
  let current = readCertificates(files);
  let refused = '';
  const listeners: ((certificates: ListenerCertificates) => void)[] = [];
  const look = () => {
    try {
      const found = readCertificates(files);
      refused = '';
      if (isSame(found, current)) return;
      for (const listener of listeners) listener(found);
      current = found;
      log.info('the admin API uses its new certificate from now on');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === refused) return;
      refused = reason;
      log.error({ reason }, 'the admin API keeps its certificate: the files cannot be used');
    }
  };
  const timer = setInterval(look, lookEveryMs).unref();
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    look,
    close: () => clearInterval(timer),
  };
}

function isSame(one: ListenerCertificates, other: ListenerCertificates): boolean {
  return one.cert === other.cert && one.key === other.key && one.ca === other.ca;
}

function readCertificates({
  certFile,
  keyFile,
  clientCaFile,
}: AdminTlsFiles): ListenerCertificates {
  const certificates = {
    cert: readText(certFile),
    key: readPrivateText(keyFile),
    ca: clientCaFile === null ? null : readText(clientCaFile),
  };
  try {
    // Also whether the key is that of the certificate.
    createSecureContext(secureOptions(certificates));
    if (certificates.ca !== null && !certificates.ca.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error('there is no certificate of an authority in it');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(
      `${[certFile, keyFile, clientCaFile].filter((file) => file !== null).join(', ')} do not make TLS: ${reason}`,
      cause,
    );
  }
  return certificates;
}

function readPrivateText(file: string): string {
  const text = readText(file);
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw unusable(
      `${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): run chmod 600 ${file}`,
    );
  return text;
}

function readText(file: string): string {
  try {
    if (statSync(file).size > fileBytesMax) throw new Error('it is too large');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(`${file} cannot be read: ${reason}`, cause);
  }
}

function unusable(reason: string, cause?: unknown): Fault {
  return new Fault('key-material-unusable', reason, { cause });
}

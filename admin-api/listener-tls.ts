import {
  createServer as createPlain,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

/** Certificates as they are now, and word of when they change. */
export type ListenerTls = {
  /** PEM. With `ca`, a client has to show a certificate that one of them signed. */
  readonly current: () => ListenerCertificates;
  readonly onChange: (listener: (certificates: ListenerCertificates) => void) => void;
  readonly close: () => void;
};

export type ListenerCertificates = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
};

/** NIST SP 800-52 rev. 2: TLS 1.3, and of 1.2 what has forward secrecy and authenticated encryption. */
const tls = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  honorCipherOrder: true,
} as const satisfies SecureContextOptions;

export function secureOptions({ cert, key, ca }: ListenerCertificates): SecureContextOptions {
  return { ...tls, cert, key, ...(ca !== null && { ca }) };
}

export type ListenerLimits = {
  readonly apiHeadersMsMax: number;
  readonly idleMsMax: number;
};

/** Node looks for connections that are too slow this often. */
const checksMs = 1_000;
const handshakeMsMax = 10_000;

/** The API's own server, over TLS where there are certificates; new ones hold for new connections, old ones go on. */
export function createListener(
  answer: RequestListener,
  limits: ListenerLimits,
  listenerTls: ListenerTls | null,
): Server {
  const options: ServerOptions = {
    // Each route has its own for the body (body-time.ts).
    requestTimeout: 0,
    headersTimeout: limits.apiHeadersMsMax,
    connectionsCheckingInterval: checksMs,
  };
  if (listenerTls === null) return withTimeout(createPlain(options, answer), limits);
  const first = listenerTls.current();
  const server = createSecure(
    {
      ...options,
      ...secureOptions(first),
      requestCert: first.ca !== null,
      rejectUnauthorized: first.ca !== null,
      handshakeTimeout: handshakeMsMax,
      ALPNProtocols: ['http/1.1'],
    },
    answer,
  );
  listenerTls.onChange((certificates) => server.setSecureContext(secureOptions(certificates)));
  return withTimeout(server, limits);
}

/** A download whose client has stopped reading is cut. */
function withTimeout(server: Server, { idleMsMax }: ListenerLimits): Server {
  server.setTimeout(idleMsMax);
  return server;
}

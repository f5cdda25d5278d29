import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Config } from '../server/config.ts';

/** What the server says of itself to who asks on its own host. */
export type Readiness =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  /** It listens, and answers only who shows it a certificate. */
  | { readonly kind: 'certificate-wanted' }
  | { readonly kind: 'silence'; readonly reason: string };

const answerMsMax = 5_000;

export function readinessUrl({ admin }: Config): URL {
  const host = admin.host === '0.0.0.0' || admin.host === '::' ? '127.0.0.1' : admin.host;
  const scheme = admin.tls === null ? 'http' : 'https';
  return new URL(`${scheme}://${host.includes(':') ? `[${host}]` : host}:${admin.port}/readyz`);
}

/**
 * Asks `/readyz` of the server with this configuration. Whose certificate it shows is not looked at: it names the host that
 * clients know and not a loopback address, and nothing that is said here is a secret.
 */
export function askReadiness(config: Config): Promise<Readiness> {
  const url = readinessUrl(config);
  const signal = AbortSignal.timeout(answerMsMax);
  return new Promise((resolve) => {
    const silence = (error: NodeJS.ErrnoException) => {
      const words = signal.aborted ? `within ${answerMsMax / 1000} s` : error.message;
      // What failed at each address of a name has no message.
      resolve({ kind: 'silence', reason: words || (error.code ?? 'an error') });
    };
    const answered = (answer: IncomingMessage) => {
      const status = answer.statusCode ?? 0;
      text(answer).then((body) => resolve({ kind: 'answer', status, text: body }), silence);
    };
    if (config.admin.tls === null) {
      getPlain(url, { agent: false, signal }, answered).on('error', silence);
      return;
    }
    const wantsCertificate = config.admin.tls.clientCaFile !== null;
    let isSecure = false;
    const request = getSecure(url, { agent: false, signal, rejectUnauthorized: false }, answered);
    // In TLS 1.3 the client is done before the server looks for its certificate, and refuses.
    request.on('socket', (socket) => socket.once('secureConnect', () => (isSecure = true)));
    request.on('error', (error) => {
      if (wantsCertificate && (isSecure || isAlert(error))) resolve({ kind: 'certificate-wanted' });
      else silence(error);
    });
  });
}

/** Whether it is the other side that ended the handshake, as TLS says it. */
function isAlert(error: NodeJS.ErrnoException): boolean {
  return /^ERR_SSL_.*ALERT/.test(error.code ?? '');
}

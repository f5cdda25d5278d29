import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Agent, get, type RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import t, { type Test } from 'tap';
import { createListener, type ListenerTls } from '../admin-api/listener-tls.ts';
import { openAdminTls } from '../server/admin-tls.ts';
import { Fault } from '../server/domain/faults.ts';
import { limits } from '../server/domain/limits.ts';

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const skip = hasOpenssl ? false : 'no openssl to make certificates with';

type Pair = { readonly certFile: string; readonly keyFile: string };

/** A certificate for localhost that signs itself, or that `ca` signs. */
function makePair(directory: string, name: string, ca?: Pair): Pair {
  const pair = { certFile: `${directory}/${name}.pem`, keyFile: `${directory}/${name}.key` };
  const signer = ca === undefined ? [] : ['-CA', ca.certFile, '-CAkey', ca.keyFile];
  const isAuthority = name.includes('ca') ? 'TRUE' : 'FALSE';
  const what = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${name}`;
  const names = `-addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:${isAuthority}`;
  const files = ['-keyout', pair.keyFile, '-out', pair.certFile];
  const words = `${what} ${names}`.split(' ');
  const made = spawnSync('openssl', [...words, ...files, ...signer]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  chmodSync(pair.keyFile, 0o600);
  return pair;
}

function openTls(t: Test, pair: Pair, clientCaFile: string | null = null) {
  const told: string[] = [];
  const tls = openAdminTls({
    files: { ...pair, clientCaFile },
    log: {
      info: (words) => told.push(words),
      error: (details, words) => told.push(`${words} ${JSON.stringify(details)}`),
    },
  });
  t.teardown(() => tls.close());
  return { tls, told };
}

async function listen(t: Test, tls: ListenerTls): Promise<number> {
  const server = createListener((_request, response) => response.end('hello'), limits, tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** The name on the certificate of whoever answers. */
function ask(port: number, options: RequestOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/', rejectUnauthorized: false, agent: false, ...options },
      (response) => {
        const { subject } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume().once('end', () => resolve(String(subject.CN)));
      },
    );
    request.once('error', reject);
  });
}

t.test('it speaks TLS 1.2 and 1.3 with forward secrecy, and nothing older', { skip }, async (t) => {
  const { tls } = openTls(t, makePair(t.testdir(), 'first'));
  const port = await listen(t, tls);
  t.equal(await ask(port), 'first');
  const protocolOf = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3', ciphers?: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ...(ciphers !== undefined && { ciphers }),
      });
      socket.once('secureConnect', () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', (error) => resolve((error as { code?: string }).code ?? 'refused'));
    });
  t.equal(await protocolOf('TLSv1.3'), 'TLSv1.3');
  t.equal(await protocolOf('TLSv1.2'), 'TLSv1.2');
  t.match(await protocolOf('TLSv1.1', 'DEFAULT@SECLEVEL=0'), /^(ERR|ECONN)/);
  t.match(await protocolOf('TLSv1.2', 'AES256-SHA'), /^(ERR|ECONN)/, 'no forward secrecy');
});

t.test('a new certificate holds for new connections, and drops none', { skip }, async (t) => {
  const directory = t.testdir();
  const pair = makePair(directory, 'first');
  const { tls, told } = openTls(t, pair);
  const port = await listen(t, tls);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
  t.teardown(() => agent.destroy());
  t.equal(await ask(port, { agent }), 'first');

  const next = makePair(directory, 'second');
  renameSync(next.certFile, pair.certFile);
  tls.look();
  t.match(told, [/cannot be used.*do not make TLS/], 'half of a change: the key is not there yet');
  tls.look();
  t.equal(told.length, 1, 'told once');
  t.equal(await ask(port), 'first', 'the one before goes on');
  renameSync(next.keyFile, pair.keyFile);
  tls.look();
  t.match(told[1], /new certificate/);
  t.equal(await ask(port), 'second');
  t.equal(await ask(port, { agent }), 'first', 'the connection that was there goes on');

  writeFileSync(pair.certFile, 'nonsense');
  tls.look();
  t.equal(await ask(port), 'second');
  t.equal(told.length, 3);
});

t.test('with an authority, only its clients get in', { skip }, async (t) => {
  const directory = t.testdir();
  const ca = makePair(directory, 'ca');
  const { tls } = openTls(t, makePair(directory, 'server'), ca.certFile);
  const port = await listen(t, tls);
  const client = (pair: Pair) => ({
    cert: readFileSync(pair.certFile),
    key: readFileSync(pair.keyFile),
  });
  await t.rejects(ask(port), 'without a certificate');
  await t.rejects(ask(port, client(makePair(directory, 'stranger'))), 'with one of its own');
  if (spawnSync('openssl', ['req', '-help']).stderr.toString().includes('-CA '))
    t.equal(await ask(port, client(makePair(directory, 'admin', ca))), 'server');
});

t.test('what cannot be used keeps the server from starting', { skip }, async (t) => {
  const directory = t.testdir();
  const pair = makePair(directory, 'one');
  const other = makePair(directory, 'two');
  const reasonOf = (files: Pair, clientCaFile: string | null = null) => {
    try {
      openTls(t, files, clientCaFile);
      return 'none';
    } catch (error) {
      return error instanceof Fault ? `${error.code} ${error.message}` : String(error);
    }
  };
  t.equal(reasonOf(pair), 'none');
  t.match(
    reasonOf({ ...pair, certFile: `${directory}/none` }),
    /^key-material-unusable .*none cannot be read/,
  );
  t.match(reasonOf({ ...pair, keyFile: other.keyFile }), /do not make TLS/);
  t.match(reasonOf(pair, pair.keyFile), /do not make TLS/);
  chmodSync(pair.keyFile, 0o640);
  t.match(reasonOf(pair), /can be read by others \(mode 0640\): run chmod 600/);
});

import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server as PlainServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createListener } from '../../admin-api/listener-tls.ts';
import { openAdminTls } from '../../server/admin-tls.ts';
import { readConfig } from '../../server/config.ts';
import { lockDataDirectory } from '../../server/database/lock.ts';
import { limits } from '../../server/domain/limits.ts';
import { TestAuthority } from '../fixtures/certificates.ts';
import { installation, type Env } from './fixtures/installation.ts';
import { waybill } from './fixtures/run.ts';

async function listening(t: Test, server: PlainServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return String((server.address() as AddressInfo).port);
}

/** The listener of the admin API as this environment configures it; it is ready, or not. */
async function serve(t: Test, env: Env, status = 200): Promise<Env> {
  const { tls: files } = readConfig({ ...env }).admin;
  const log = { info: () => undefined, error: () => undefined };
  const tls = files === null ? null : openAdminTls({ files, log });
  t.teardown(() => tls?.close());
  const server = createListener(
    (_request, response) => response.writeHead(status).end('{"reason":\n"starting"}'),
    limits,
    tls,
  );
  return { ...env, WAYBILL_ADMIN_PORT: await listening(t, server) };
}

/** Certificates of an authority that this host does not know, for a name that is not this host's. */
function certificates(directory: string): Record<'server' | 'mutual', Env> {
  const authority = new TestAuthority();
  const { cert, key } = authority.issue('waybill.example');
  const place = (name: string, text: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    return path;
  };
  const server = {
    WAYBILL_ADMIN_TLS_CERT_FILE: place('cert.pem', cert),
    WAYBILL_ADMIN_TLS_KEY_FILE: place('key.pem', key),
  };
  const clientCa = place('ca.pem', authority.cert);
  return { server, mutual: { ...server, WAYBILL_ADMIN_TLS_CLIENT_CA_FILE: clientCa } };
}

// Both asked over plain HTTP. With TLS on, which a server that is reached from elsewhere has, the container was unhealthy
// for ever, and restarted by whoever watches it; and doctor failed on a server that was well.
t.test('a server with TLS is as healthy as one without', async (t) => {
  const { env, directory } = await installation(t);
  const lock = lockDataDirectory(env['WAYBILL_DATA_DIR']!);
  t.teardown(() => lock.release());
  const { server, mutual } = certificates(directory);
  const cases: readonly (readonly [Env, RegExp])[] = [
    [{}, /^ready at http:\/\/127\.0\.0\.1:\d+\/readyz\n$/],
    [{ WAYBILL_ADMIN_HOST: '0.0.0.0' }, /^ready at http:\/\/127\.0\.0\.1:/],
    [server, /^ready at https:\/\/127\.0\.0\.1:/],
    [mutual, /^it listens at https:\/\/127\.0\.0\.1:\d+\/readyz, and wants a client certificate/],
  ];
  for (const [more, words] of cases) {
    const served = await serve(t, { ...env, ...more });
    t.match(await waybill(['health'], { env: served }), { status: 0, out: words });
    t.match((await waybill(['doctor'], { env: served })).out, /^ok {4}server .* running, and /m);
  }
});

t.test('one that is not ready, that is silent, or is another, is not', async (t) => {
  const { env, directory } = await installation(t);
  const { server, mutual } = certificates(directory);
  for (const more of [{}, server]) {
    const starting = await serve(t, { ...env, ...more }, 503);
    t.match(await waybill(['health'], { env: starting }), {
      status: 1,
      err: /is not ready: .* answers 503: \{"reason": "starting"\}/,
    });
    const nowhere = { ...env, ...more, WAYBILL_ADMIN_PORT: '1' };
    t.match(await waybill(['health'], { env: nowhere }), { status: 3, err: /ECONNREFUSED/ });
  }
  const plain = await listening(
    t,
    createServer((_request, response) => response.end()),
  );
  for (const more of [server, mutual]) {
    const other = { ...env, ...more, WAYBILL_ADMIN_PORT: plain };
    t.match(await waybill(['health'], { env: other }), { status: 3, err: /does not answer/ });
  }
  const wrong = { ...env, WAYBILL_ADMIN_PORT: 'x' };
  t.match(await waybill(['health'], { env: wrong }), { status: 1, err: /WAYBILL_ADMIN_PORT/ });
});

import { connect } from 'node:net';
import t from 'tap';
import { passwordRequest, rawClient, serviceRequest } from '../connection/harness.ts';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { seededRandom } from '../fault/fixtures/random.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { keyOf, liveSessions, openGate, signedLogin, verdict } from './fixtures/strangers.ts';

t.setTimeout(120_000);

const served = startExchange(t);
const password = 'correct horse battery staple';

/** The text with a NUL before each of its characters, and one behind. */
const withNul = (text: string) =>
  Array.from({ length: text.length + 1 }, (_, at) => `${text.slice(0, at)}\0${text.slice(at)}`);

// Wing FTP CVE-2025-47812 and CVE-2026-44403: the login read a name up to its NUL, and the session file took all of it,
// as code. The rule: control characters are refused before anything looks at a name; a session is data, and it is of the
// account that was verified, not of the name that was sent.
t.test('Wing FTP CVE-2025-47812: NUL at each place of user name and password', async (t) => {
  const { server } = await served;
  await server.addUser('pat', 'alameda', { loginMethods: [['password']] });
  await server.api('PUT', '/v1/users/pat/password', { password });
  const gate = await openGate(t, server);
  for (const name of withNul('pat')) {
    const client = await rawClient(t, gate);
    t.not(
      await verdict(client, serviceRequest(), passwordRequest(name, password)),
      'in',
      name.replace('\0', '^@'),
    );
    client.socket.destroy();
  }
  // Each wrong password costs a hash; ends and middle are enough.
  for (const wrong of [`${password}\0`, `\0${password}`, password.replace(' ', '\0 '), '\0']) {
    const client = await rawClient(t, gate);
    t.not(await verdict(client, serviceRequest(), passwordRequest('pat', wrong)), 'in');
    client.socket.destroy();
  }
  t.same(await liveSessions(server), []);
  const good = await rawClient(t, gate);
  t.equal(await verdict(good, serviceRequest(), passwordRequest('pat', password)), 'in');
  const [session] = await liveSessions(server);
  t.match(session, { username: 'pat', agency: 'alameda' });
  good.socket.destroy();
});

t.test(
  'Wing FTP CVE-2025-47812: NUL in the name of a signed login, in paths and in headers',
  async (t) => {
    const { server, amy } = await served;
    const gate = await openGate(t, server);
    for (const name of withNul('amy')) {
      const client = await rawClient(t, gate);
      t.not(await verdict(client, serviceRequest(), signedLogin(client, name, keyOf(amy))), 'in');
      client.socket.destroy();
    }
    const login = await connectLive(server, amy);
    const { sftp } = login;
    for (const path of withNul('/outgoing/a')) {
      await t.rejects(sftp.put(path, Buffer.from('x')), /control characters/);
      await t.rejects(sftp.stat(path), /control characters/);
    }
    t.same(
      (await sftp.list('/outgoing')).filter(({ name }) => !name.startsWith('.')),
      [],
    );
    await login.end();
    for (const line of withNul('Authorization: Bearer wb_a_b')) {
      const answer = await rawHttp(
        server.adminPort,
        `GET /v1/users HTTP/1.1\r\nHost: x\r\n${line}\r\n\r\n`,
      );
      t.match(answer, /^HTTP\/1\.1 40[01] /);
    }
    for (const target of withNul('/v1/users'))
      t.match(
        await rawHttp(server.adminPort, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`),
        /^HTTP\/1\.1 40[014] /,
      );
  },
);

// Globalscape EFT CVE-2023-2989 and its kin: the administration port spoke a protocol of its own, and read beyond its
// messages. The rule: administration is HTTP with a schema, parsed by what everybody uses, and fuzzed.
t.test('Globalscape EFT CVE-2023-2989: noise on the administration port', async (t) => {
  const { server } = await served;
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const good =
    'POST /v1/agencies HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"code":"a"}';
  const fixed = [
    'GET / HTTP/9.9\r\n\r\n',
    'GET /v1/users HTTP/1.1\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
    'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /v1/users HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /v1/users HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n',
    'CONNECT x:22 HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /docs HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
    '\0'.repeat(1000),
    '[]\n',
  ];
  const noise = Array.from({ length: Number(process.env['HTTP_NOISE'] ?? 300) }, () => {
    const bytes = Buffer.from(good, 'latin1');
    for (let times = random.between(1, 6); times > 0; times -= 1)
      bytes[random.int(bytes.length)] = random.int(256);
    return bytes.subarray(0, random.between(1, bytes.length + 1)).toString('latin1');
  });
  for (const sent of [...fixed, ...noise]) {
    const answer = await rawHttp(server.adminPort, sent);
    if (/^HTTP\/1\.1 (5|2)/m.test(answer) && !/^(GET|HEAD) \/docs/.test(sent))
      t.fail(`${JSON.stringify(sent.slice(0, 200))}: ${answer.slice(0, 200)}`);
    if (/node_modules|\.js:\d/.test(answer)) t.fail(`tells of its insides: ${answer}`);
  }
  t.equal((await fetch(`http://127.0.0.1:${server.adminPort}/readyz`)).status, 200);
});

/** Sends bytes, ends, and gives what came back. */
function rawHttp(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = '';
    socket.on('data', (data) => (heard += data.toString('latin1')));
    socket.on('error', () => undefined).on('close', () => resolve(heard));
    socket.end(text, 'latin1');
  });
}

import { connect } from 'node:net';
import t from 'tap';
import { startLiveServer } from '../fixtures/live-server.ts';
import { productSources, root } from './fixtures/sources.ts';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';

// Accellion FTA, CVE-2021-27101 to 27104: SQL out of the Host header, commands of the operating system out of a field,
// requests to wherever a caller wanted, on a product that nobody updated any more, with months of old files on it. The
// rules: no header of a proxy or a caller decides anything; no program is started; nobody is called; what is there is
// purged soon; only runtimes that are maintained.
const forged: Readonly<Record<string, string>> = {
  Host: "evil.example' OR '1'='1",
  'X-Forwarded-For': '127.0.0.1',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'https',
  'X-Real-IP': '10.0.0.1',
  Forwarded: 'for=10.0.0.1;host=evil.example;proto=https',
  'X-Original-URL': '/livez',
  'X-Rewrite-URL': '/livez',
  'X-HTTP-Method-Override': 'DELETE',
  'X-Request-ID': 'an-evil-id',
  'Client-IP': '10.0.0.1',
  Via: 'evil',
};

function ask(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = Object.entries({ Host: 'x', ...headers, Connection: 'close' });
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('error', reject).on('close', () => resolve(heard));
    socket.end(
      `GET ${path} HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n`,
    );
  });
}

/** The answer without what differs each time. */
const steady = (answer: string) =>
  answer.replace(/^(date|x-request-id):.*\r\n/gim, '').replaceAll(/"requestId":"\w+"/g, '');

t.test('Accellion FTA CVE-2021-27101: no header of a caller decides anything', async (t) => {
  const server = await startLiveServer(t);
  const { secret } = await server.api<{ secret: string }>('POST', '/v1/admin-keys', {
    name: 'here',
    scopes: ['*'],
    allowedCidrs: ['10.0.0.0/8'],
  });
  await server.addAgency('alpine');
  for (const path of ['/livez', '/openapi.json', '/docs', '/v1/agencies', '/nothing']) {
    const plain = steady(await ask(server.adminPort, path, {}));
    for (const [name, value] of Object.entries(forged)) {
      const answer = await ask(server.adminPort, path, { [name]: value });
      t.equal(steady(answer), plain, `${path} with ${name}`);
      t.notMatch(answer, /evil/);
    }
  }
  // A key that is good from 10/8 only is not made good by a header that says so.
  for (const [name, value] of Object.entries(forged)) {
    const headers = { Authorization: `Bearer ${secret}`, [name]: value };
    t.match(await ask(server.adminPort, '/v1/agencies', headers), /^HTTP\/1\.1 40[13] /, name);
  }
  const rows = await server.all('/v1/audit?limit=500');
  t.notMatch(JSON.stringify(rows), /evil|10\.0\.0\.1"/, 'nor is the ledger told so');
});

t.test('Accellion FTA CVE-2021-27102: no program is started, and nobody is called', async (t) => {
  const callers =
    /child_process|\bexecSync\b|\bspawn\(|\bfetch\(\s*['"`]|\bhttps?\.(get|request)\(|node:dns/;
  for (const { file, text } of productSources()) {
    if (file === 'server/monitor/worker-process.ts') {
      // The one exception: this same program again, as a worker.
      t.same(text.match(/import \{[^}]*\} from 'node:child_process'/g), [
        "import { fork, type ChildProcess } from 'node:child_process'",
      ]);
      t.match(text, /return fork\(entry, \[\], \{/);
    } else if (callers.test(text)) t.fail(`${file}: ${callers.exec(text)?.[0]}`);
  }
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    engines: { node: string };
  };
  t.match(engines.node, /^>=2\d\.\d+$/);
});

import { deflateSync, gzipSync } from 'node:zlib';
import t from 'tap';
import { rawClient, serviceRequest, uint32 } from '../connection/harness.ts';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { startExchange, startLiveServer } from '../fixtures/live-server.ts';
import { processesOf, residentBytesOf } from './fixtures/processes.ts';
import { keyOf, openGate, signedLogin, verdict } from './fixtures/strangers.ts';

t.setTimeout(180_000);

/** Keeps ssh2's compiled ciphers from being loaded; no other addon. */
const withoutAddon = `--import=data:text/javascript,${encodeURIComponent(
  `import module from 'node:module';
   const load = module._load;
   module._load = function (name, ...rest) {
     if (String(name).endsWith('sshcrypto.node')) throw new Error('kept out by the test');
     return load.call(this, name, ...rest);
   };`,
)}`;

// Serv-U CVE-2021-35211: a cipher whose set-up had failed was used all the same, and strangers wrote into memory. The
// rule: memory-safe code faces the network. ssh2's compiled ciphers are the one exception, taken for speed, so
// everything has to hold with them and without.
for (const [name, environment] of [
  ['with', {}],
  // In one process: a worker takes nothing from the environment.
  ['without', { NODE_OPTIONS: withoutAddon, WAYBILL_WORKERS: '0' }],
] as const)
  t.test(`Serv-U CVE-2021-35211: broken encryption, ${name} the compiled ciphers`, async (t) => {
    const { server, amy } = await startExchange(t, environment);
    const isMissing = server.log().includes('native cipher binding is missing');
    t.equal(isMissing, name === 'without', 'the server says which it is');
    const gate = await openGate(t, server);
    const ciphers = [
      'aes256-gcm@openssh.com',
      'aes128-gcm@openssh.com',
      'aes256-ctr',
      'aes128-ctr',
    ];
    for (const cipher of ciphers) {
      for (const breakage of ['bit', 'length', 'cut', 'garbage', 'empty'] as const) {
        const client = await rawClient(t, gate, { offer: offerOf(cipher) });
        const { socket } = client;
        const write = socket.write.bind(socket);
        socket.write = (data: Buffer) => write(broken(data, breakage));
        client.send(serviceRequest(), signedLogin(client, 'amy', keyOf(amy)));
        if (breakage === 'cut') socket.end();
        await client.closed;
        if (client.received.some((payload) => payload[0] === 52 || payload[0] === 6))
          t.fail(`${cipher}, ${breakage}: taken for good`);
      }
      const good = await rawClient(t, gate, { offer: offerOf(cipher) });
      const login = signedLogin(good, 'amy', keyOf(amy));
      t.equal(await verdict(good, serviceRequest(), login), 'in', cipher);
      good.socket.destroy();
    }
    const login = await connectLive(server, amy);
    const { sftp } = login;
    const content = Buffer.alloc(300_000, 'serv-u');
    await sftp.put('/outgoing/whole', content);
    t.ok(content.equals(await sftp.get('/outgoing/whole')));
    await login.end();
  });

type Breakage = 'bit' | 'length' | 'cut' | 'garbage' | 'empty';

function broken(data: Buffer, breakage: Breakage): Buffer {
  if (breakage === 'garbage') return Buffer.alloc(64, 0xa5);
  if (breakage === 'empty') return Buffer.alloc(64);
  if (breakage === 'length') return Buffer.concat([uint32(0x7fffffff), data.subarray(4)]);
  if (breakage === 'cut') return data.subarray(0, data.length - 3);
  const changed = Buffer.from(data);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

function offerOf(cipher: string): object {
  const direction = { cipher: [cipher], mac: ['hmac-sha2-256'], compress: ['none'], lang: [] };
  const kex = ['curve25519-sha256'];
  return { kex, serverHostKey: ['ssh-ed25519'], cs: direction, sc: direction };
}

// Serv-U CVE-2024-28995: `/` was checked, and `\` was made one afterwards. The rule: a backslash is refused, and nothing
// is decoded or turned into a separator after the check.
t.test('Serv-U CVE-2024-28995: separators, and what looks like one', async (t) => {
  const { server, amy, ken } = await startExchange(t);
  const owner = await connectLive(server, ken);
  await owner.sftp.put('/outgoing/secret', Buffer.from('of kern'));
  await owner.end();
  const login = await connectLive(server, amy);
  const { sftp } = login;
  const separators = [
    '\\',
    '/',
    '//',
    '\\/',
    '/\\',
    '%2f',
    '%5c',
    '%255c',
    '\u2215',
    '\u2044',
    '\uff0f',
    '\uff3c',
  ];
  separators.push('\u0000/', ';/', ':');
  const steps = ['..', '...', '%2e%2e', '..;', '\uff0e\uff0e', '..\u0000', '. .', '.\u200d.'];
  for (const separator of separators)
    for (const step of steps)
      for (const target of ['kern/outgoing/secret', 'etc/passwd', 'data/waybill.db']) {
        const path = [step, step, step, target.replaceAll('/', separator)].join(separator);
        const found = await sftp.get(path).then(
          (content) => content.toString(),
          () => null,
        );
        if (found !== null) t.fail(`${JSON.stringify(path)} is read`);
        if (path.includes('\\')) await t.rejects(sftp.stat(path), /backslash/);
      }
  await login.end();
});

// Serv-U CVE-2026-28318: a request with a deflated body, from anybody, ended the service. The rule: nothing is
// decompressed; a body has 64 KiB; each request has its time.
t.test('Serv-U CVE-2026-28318: a compressed body is refused, and costs nothing', async (t) => {
  const server = await startLiveServer(t);
  const { secret } = await server.api<{ secret: string }>('POST', '/v1/admin-keys', {
    name: 'serv-u',
    scopes: ['*'],
  });
  const bomb = Buffer.alloc(50_000_000);
  const bodies: Record<string, Buffer> = {
    deflate: deflateSync(bomb),
    gzip: gzipSync(bomb),
    br: Buffer.alloc(60_000),
    zstd: Buffer.alloc(60_000),
    compress: Buffer.alloc(60_000),
    'x-gzip': gzipSync(bomb),
    'gzip, deflate': deflateSync(gzipSync(bomb)),
    'identity, gzip': gzipSync(bomb),
    '': Buffer.from('{}'),
  };
  const resident = () =>
    processesOf(server.pid).reduce((sum, pid) => sum + residentBytesOf(pid), 0);
  const post = async (encoding: string, body: Buffer, key: string | null) => {
    const answer = await fetch(`http://127.0.0.1:${server.adminPort}/v1/agencies`, {
      method: 'POST',
      body: new Uint8Array(body.subarray(0, 60_000)),
      headers: {
        'content-type': 'application/json',
        'content-encoding': encoding,
        ...(key !== null && { authorization: `Bearer ${key}` }),
      },
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const before = resident();
  for (let round = 0; round < 3; round += 1)
    for (const [encoding, body] of Object.entries(bodies)) {
      t.equal(await post(encoding, body, null), 401, `${encoding}, of a stranger`);
      t.equal(await post(encoding, body, secret), 415, encoding);
    }
  t.ok(resident() - before < 100_000_000, 'two bombs would not fit into what it grew by');
});

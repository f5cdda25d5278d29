import t from 'tap';
import { packet } from '../server/sftp/protocol.ts';
import type { WireWriter } from '../server/sftp/wire.ts';
import { openExchange, type Exchange } from './fixtures/exchange.ts';
import type { ClientReply, SftpClient } from './fixtures/sftp-client.ts';
import { hostilePath } from './fault/fixtures/hostile-paths.ts';
import { seededRandom } from './fault/fixtures/random.ts';

const paths = Number(process.env['PATHS'] ?? 100_000);
const perBatch = 40;
const connections = 6;

/** In every file of the other agency, and in no request. */
const secret = 'KERN-SECRET-CONTENT';
/** Names that exist only in the other agency, and that no request holds. */
const hiddenNames = ['zq7-hidden-file', 'zq7-hidden-directory', 'zq7-hidden-partial'];
t.setTimeout(300_000);

type Ask = {
  readonly name: string;
  readonly send: (client: SftpClient, path: Buffer, other: Buffer) => Promise<ClientReply>;
};

const attributes = (writer: WireWriter) =>
  writer
    .u32(4 + 8)
    .u32(0o777)
    .u32(1)
    .u32(1);
const plain = (type: number) => (client: SftpClient, path: Buffer) =>
  client.request(type, (writer) => writer.string(path));
const open = (flags: number) => (client: SftpClient, path: Buffer) =>
  client.request(packet.OPEN, (writer) => writer.string(path).u32(flags).u32(0));
const extended = (name: string) => (client: SftpClient, path: Buffer) =>
  client.extended(name, (writer) => writer.string(path));

const asks: readonly Ask[] = [
  { name: 'open read', send: open(1) },
  { name: 'open write', send: open(2) },
  { name: 'open create', send: open(2 | 8) },
  { name: 'open truncate', send: open(2 | 8 | 16) },
  { name: 'open append', send: open(4 | 8) },
  { name: 'open exclusive', send: open(2 | 8 | 32) },
  { name: 'stat', send: plain(packet.STAT) },
  { name: 'lstat', send: plain(packet.LSTAT) },
  {
    name: 'setstat',
    send: (client, path) =>
      client.request(packet.SETSTAT, (writer) => attributes(writer.string(path))),
  },
  {
    name: 'setstat size',
    send: (client, path) =>
      client.request(packet.SETSTAT, (writer) => writer.string(path).u32(1).u64(0)),
  },
  {
    name: 'lsetstat',
    send: (client, path) =>
      client.extended('lsetstat@openssh.com', (writer) => attributes(writer.string(path))),
  },
  { name: 'opendir', send: plain(packet.OPENDIR) },
  { name: 'remove', send: plain(packet.REMOVE) },
  {
    name: 'mkdir',
    send: (client, path) => client.request(packet.MKDIR, (writer) => writer.string(path).u32(0)),
  },
  { name: 'rmdir', send: plain(packet.RMDIR) },
  { name: 'realpath', send: plain(packet.REALPATH) },
  {
    name: 'rename',
    send: (client, path, other) =>
      client.request(packet.RENAME, (writer) => writer.string(path).string(other)),
  },
  {
    name: 'posix-rename',
    send: (client, path, other) =>
      client.extended('posix-rename@openssh.com', (writer) => writer.string(path).string(other)),
  },
  { name: 'statvfs', send: extended('statvfs@openssh.com') },
  {
    name: 'check-file-name',
    send: (client, path) =>
      client.extended('check-file-name', (writer) =>
        writer.string(path).string('sha256').u64(0).u64(0).u32(0),
      ),
  },
  { name: 'expand-path', send: extended('expand-path@openssh.com') },
  { name: 'home-directory', send: extended('home-directory') },
  { name: 'readlink', send: plain(packet.READLINK) },
  {
    name: 'symlink',
    send: (client, path, other) =>
      client.request(packet.SYMLINK, (writer) => writer.string(path).string(other)),
  },
  {
    name: 'hardlink',
    send: (client, path, other) =>
      client.extended('hardlink@openssh.com', (writer) => writer.string(path).string(other)),
  },
];

/** Everything that a reply holds, as one buffer. */
function bytesOf({ body }: ClientReply): Buffer {
  const bytes = Buffer.alloc(body.remaining);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = body.u8();
  return bytes;
}

function rowsOf(exchange: Exchange, agency: string) {
  return exchange.database.read(async ({ query }) => {
    const { id } = await query
      .selectFrom('agencies')
      .select('id')
      .where('code', '=', agency)
      .executeTakeFirstOrThrow();
    return {
      entries: await query
        .selectFrom('entries')
        .selectAll()
        .where('agency_id', '=', id)
        .orderBy('id')
        .execute(),
      blobs: await query
        .selectFrom('blobs')
        .selectAll()
        .where('agency_id', '=', id)
        .orderBy('id')
        .execute(),
      uploads: await query
        .selectFrom('uploads')
        .selectAll()
        .where('agency_id', '=', id)
        .orderBy('id')
        .execute(),
      transfers: await query
        .selectFrom('transfers')
        .selectAll()
        .where('agency_id', '=', id)
        .orderBy('id')
        .execute(),
    };
  });
}

/** What the attacker learns from a handle: the bytes of the file, or the names of the directory. */
async function readHandle(client: SftpClient, handle: Buffer): Promise<Buffer[]> {
  const answers = await Promise.all([
    client.request(packet.READ, (writer) => writer.string(handle).u64(0).u32(32_768)),
    client.request(packet.READDIR, (writer) => writer.string(handle)),
    client.request(packet.FSTAT, (writer) => writer.string(handle)),
    client.request(packet.CLOSE, (writer) => writer.string(handle)),
  ]);
  return answers.map(bytesOf);
}

t.test(`${paths} hostile paths through every operation never reach another agency`, async (t) => {
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  const exchange = await openExchange(t);
  const ken = await exchange.connect({ username: 'ken', agency: 'kern' });
  const dora = await exchange.connect({ username: 'dora', agency: 'dcss', kind: 'state' });
  for (const name of ['payroll.csv', 'answer.txt', hiddenNames[0]!])
    await ken.put(`/outgoing/${name}`, Buffer.from(`${secret} ${name}`.repeat(200)));
  await ken.mkdir('/outgoing/cases');
  await ken.mkdir(`/outgoing/${hiddenNames[1]}`);
  await ken.put('/outgoing/cases/payroll.csv', Buffer.from(secret));
  await dora.put('/agencies/kern/incoming/answer.txt', Buffer.from(secret));
  for (const name of [hiddenNames[2]!, 'part.filepart']) {
    const handle = await ken.open(`/outgoing/${name}`, 2 | 8);
    await ken.write(handle, 0, Buffer.from(secret));
  }
  await ken.drop();
  const before = await rowsOf(exchange, 'kern');
  t.equal(before.uploads.length, 2);
  const ids = [...before.entries.map(({ id }) => id), ...before.blobs.map(({ id }) => id)];

  const amy = { username: 'amy', agency: 'alameda' };
  const partner = { username: 'pat', agency: 'partner', kind: 'partner' as const };
  const clients = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      exchange.connect(index % 3 === 2 ? partner : amy),
    ),
  );
  const counts = new Map<string, number>();
  const leaks: string[] = [];
  const needles = [secret, ...hiddenNames].map((text) => Buffer.from(text));
  const look = (what: string, bytes: Buffer) => {
    for (const needle of needles)
      if (bytes.includes(needle)) leaks.push(`${what}: ${needle.toString()}`);
  };
  const attack = async (client: SftpClient, asked: number): Promise<void> => {
    for (let done = 0; done < asked; done += perBatch) {
      const batch = Array.from({ length: perBatch }, async () => {
        const ask = random.pick(asks);
        const path = hostilePath(random, ids);
        const reply = await ask.send(client, path, hostilePath(random, ids));
        const bytes = bytesOf(reply);
        look(`${ask.name} ${JSON.stringify(path.toString())}`, bytes);
        const outcome =
          reply.type === packet.STATUS ? `status ${bytes.readUInt32BE(0)}` : `type ${reply.type}`;
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        if (reply.type !== packet.HANDLE) return;
        for (const read of await readHandle(client, bytes.subarray(4)))
          look(`${ask.name} ${JSON.stringify(path.toString())} and READ`, read);
      });
      await Promise.all(batch);
    }
  };
  const started = performance.now();
  await Promise.all(clients.map((client) => attack(client, Math.ceil(paths / connections))));
  const seconds = (performance.now() - started) / 1000;
  const asked = [...counts.values()].reduce((sum, count) => sum + count, 0);
  t.comment(
    `${asked} requests in ${seconds.toFixed(1)} s: ${[...counts]
      .map(([outcome, count]) => `${outcome} x ${count}`)
      .toSorted()
      .join(', ')}`,
  );
  t.ok(asked >= paths);
  t.same(leaks.slice(0, 10), [], 'no reply held content or names of the other agency');
  t.same(
    await rowsOf(exchange, 'kern'),
    before,
    'its tree, versions, partials and transfers are as they were',
  );
  const after = await exchange.connect({ username: 'ken', agency: 'kern' });
  t.equal(
    (await after.get('/outgoing/payroll.csv')).toString(),
    `${secret} payroll.csv`.repeat(200),
    'its bytes too',
  );
  const actors = await exchange.database.read(({ query }) =>
    query.selectFrom('ledger').select('actor').distinct().where('agency', '=', 'kern').execute(),
  );
  t.same(
    actors.map(({ actor }) => String(actor)).toSorted(),
    ['dora', 'ken'],
    'nobody else acted there',
  );
  t.same(exchange.faults, []);
});

import t from 'tap';
import { Fault } from '../../server/domain/faults.ts';
import type { FileRequest } from '../../server/domain/requests.ts';
import { parseVirtualPath, type VirtualPath } from '../../server/domain/virtual-path.ts';
import { hostilePath } from '../fault/fixtures/hostile-paths.ts';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { seededRandom } from '../fault/fixtures/random.ts';
import { startLiveServer, type LiveServer } from '../fixtures/live-server.ts';
import { productSources } from './fixtures/sources.ts';

const started = startLiveServer(t);
let provisioned: Promise<LiveServer> | undefined;

/** Two counties whose codes begin alike. */
function siblings(): Promise<LiveServer> {
  return (provisioned ??= started.then(async (server) => {
    await server.addAgency('dcss', 'state');
    await server.addAgency('lcsa1');
    await server.addAgency('lcsa10');
    return server;
  }));
}

// SFTPGo CVE-2026-30914: the protocol and the file system each had a normaliser of paths, and they disagreed. The rule:
// one function makes a path out of bytes, its result has a type of its own, and nothing takes a string in its place.
type Paths = Extract<FileRequest, { readonly path: unknown }>['path'];
type NoStringIsAPath = string extends VirtualPath ? never : string extends Paths ? never : true;
const checkedByTheCompiler: NoStringIsAPath = true;

/** What a path is, said in another way than `parseVirtualPath` says it. Null: it is none. */
function model(bytes: Buffer): string | null {
  if (bytes.length > 4096) return null;
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return null;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    const isSeparator = code === 0x2028 || code === 0x2029 || code === 0x5c;
    const isDirection =
      [0x61c, 0x200e, 0x200f].includes(code) ||
      (code >= 0x202a && code <= 0x202e) ||
      (code >= 0x2066 && code <= 0x2069);
    if (isControl || isSeparator || isDirection || code === 0xfeff || code === 0xfffd) return null;
  }
  const kept: string[] = [];
  for (const part of text.normalize('NFC').split('/')) {
    if (part === '..') kept.splice(-1, 1);
    else if (part !== '' && part !== '.') {
      if (Buffer.byteLength(part) > 255) return null;
      if (kept.push(part) > 32) return null;
    }
  }
  const path = `/${kept.join('/')}`;
  return Buffer.byteLength(path) > 4096 ? null : path;
}

t.test('SFTPGo CVE-2026-30914: one way from bytes to a path, as a model has it', async (t) => {
  t.ok(checkedByTheCompiler);
  const makers = productSources()
    .filter(({ text }) => /\bas VirtualPath\b/.test(text.replaceAll(/import[^;]*;/g, '')))
    .map(({ file }) => file);
  t.same(makers, ['server/domain/virtual-path.ts']);
  const random = seededRandom();
  t.comment(`seed ${random.seed}`);
  for (let round = 0; round < Number(process.env['PATHS'] ?? 50_000); round += 1) {
    const bytes = hostilePath(random, ['0123456789abcdef']);
    let parsed: string | null = null;
    try {
      parsed = parseVirtualPath(bytes);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    if (parsed !== model(bytes))
      t.fail(`${bytes.toString('hex')}: ${parsed} is ${model(bytes)} in the model`);
  }
});

// SFTPGo CVE-2026-30915: a home directory of `/data/%username%`, and a user named `..`. The rule: a root comes from the
// id of the agency's row, never from a name; and names that mean something to a path are no names.
t.test('SFTPGo CVE-2026-30915: names that are paths are no names', async (t) => {
  const server = await siblings();
  const names = ['.', '..', '...', 'a/../b', '../lcsa10', '%username%', '$HOME', '~root', 'a\\b'];
  names.push('a..', 'a..b', 'a.', '/', 'A', 'a\0', 'a b', 'é', '.a', '-a', '_a');
  for (const username of names)
    await t.rejects(server.addUser(username, 'lcsa1'), /field-invalid|: 422 |: 400 /, username);
  for (const code of names)
    await t.rejects(server.addAgency(code), /field-invalid|: 422 |: 400 /, code);
  const user = await server.addUser('lcsa10', 'lcsa1');
  const login = await connectLive(server, user);
  const { sftp } = login;
  t.equal(await sftp.realpath('.'), '/');
  await sftp.put('/outgoing/mine', Buffer.from('x'));
  await login.end();
  const of = (agency: string) => server.all(`/v1/files?agency=${agency}&path=/outgoing`);
  t.equal((await of('lcsa1')).length, 1, 'in the tree of its agency, whatever its own name is');
  t.equal((await of('lcsa10')).length, 0);
});

// SFTPGo CVE-2026-49244: `/share` was allowed, and `/share-other` begins with it. The rule: segments are compared, never
// prefixes of text.
t.test('SFTPGo CVE-2026-49244: lcsa1 is not the beginning of lcsa10', async (t) => {
  const server = await siblings();
  const one = await server.addUser('one', 'lcsa1');
  const ten = await server.addUser('ten', 'lcsa10');
  const narrow = await server.addUser('narrow', 'dcss', {
    permissions: [{ path: '/agencies/lcsa1', allow: ['list', 'read', 'write'] }],
  });
  const sub = await server.addUser('sub', 'lcsa1', {
    permissions: [{ path: '/outgoing/a', allow: ['list', 'read'] }],
  });
  const as = async <T>(user: typeof one, work: (sftp: Sftp) => Promise<T>): Promise<T> => {
    const login = await connectLive(server, user);
    const { sftp } = login;
    try {
      return await work(sftp);
    } finally {
      await login.end();
    }
  };
  await as(ten, async (sftp) => sftp.put('/outgoing/secret', Buffer.from('of ten')));
  await as(one, async (sftp) => {
    await sftp.mkdir('/outgoing/a');
    await sftp.mkdir('/outgoing/ab');
    await sftp.put('/outgoing/ab/secret', Buffer.from('not for sub'));
    for (const path of ['/lcsa10/outgoing/secret', '../lcsa10', '/agencies/lcsa10/outgoing/secret'])
      await t.rejects(sftp.stat(path), { code: 2 }, path);
  });
  await as(narrow, async (sftp) => {
    t.same(
      (await sftp.list('/agencies'))
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('.')),
      ['lcsa1'],
    );
    for (const path of ['', '/', '/outgoing', '/outgoing/secret'])
      await t.rejects(sftp.stat(`/agencies/lcsa10${path}`), { code: 2 }, path);
    await t.rejects(sftp.put('/agencies/lcsa10/incoming/x', Buffer.from('x')));
  });
  await as(sub, async (sftp) => {
    t.ok(await sftp.stat('/outgoing/a'));
    await t.rejects(sftp.stat('/outgoing/ab'), { code: 2 });
    await t.rejects(sftp.get('/outgoing/ab/secret'), { code: 2 });
  });
});

type Sftp = Awaited<ReturnType<typeof connectLive>>['sftp'];

// SFTPGo, OTF audit of 2024: an administrator of the product could run commands on its host through event rules. The
// rule: no field of the API becomes a command, a script or a URL; routing is data.
t.test('SFTPGo OTF audit 2024: no field of the API is a command or a URL', async (t) => {
  const server = await siblings();
  const { paths, components } = await server.api<{ paths: object; components: object }>(
    'GET',
    '/openapi.json',
  );
  const suspicious: string[] = [];
  const walk = (node: unknown, at: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { properties, format } = node as { properties?: object; format?: unknown };
    if (typeof format === 'string' && /^(uri|url|iri|hostname|regex)/.test(format))
      suspicious.push(`${at} is a ${format}`);
    for (const name of Object.keys(properties ?? {}))
      if (/command|script|exec|shell|hook|callback|url$|uri$|webhook|template|plugin/i.test(name))
        suspicious.push(`${at}.${name}`);
    for (const [key, value] of Object.entries(node)) walk(value, `${at}.${key}`);
  };
  walk(paths, 'paths');
  walk(components, 'components');
  // Only told: what the QR code of a new second factor holds, and the address within this API of a change that waits.
  t.same(suspicious, [
    'components.schemas.TotpEnrolment.uri',
    'components.schemas.PendingChange.url',
  ]);
});

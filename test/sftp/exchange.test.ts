import t from 'tap';
import { createHash, randomBytes } from 'node:crypto';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';
import { WireWriter } from '../../server/sftp/wire.ts';

const READ = 1;
const WRITE = 2;
const APPEND = 4;
const CREAT = 8;
const TRUNC = 16;
const EXCL = 32;
const PUT = WRITE | CREAT | TRUNC;

const county = { username: 'amy', agency: 'alameda' } as const;
const state = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const other = { username: 'ken', agency: 'kern' } as const;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

t.test('a county sends, the State collects, the State answers, the county collects', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const dora = await exchange.connect(state);
  const content = randomBytes(200_000);
  await amy.put('/outgoing/cases.dat', content);
  t.same(
    (await dora.list('/')).map(({ name }) => name),
    ['agencies', 'incoming', 'outgoing', 'receipts'],
  );
  t.same(
    (await dora.list('/agencies')).map(({ name }) => name),
    ['alameda'],
  );
  t.same(
    (await dora.list('/agencies/alameda')).map(({ name }) => name),
    ['incoming', 'outgoing'],
  );
  t.ok((await dora.get('/agencies/alameda/outgoing/cases.dat')).equals(content));
  await dora.put('/agencies/alameda/incoming/answer.txt', Buffer.from('received'));
  t.equal((await amy.get('/incoming/answer.txt')).toString(), 'received');

  const closes = await exchange.events({ event: 'file.closed.1' });
  t.match(closes, [
    {
      username: undefined,
      actor: { username: 'amy' },
      path: '/outgoing/cases.dat',
      agency: 'alameda',
      state: 'published',
      sha256: sha256(content),
      size: 200_000,
    },
    {
      actor: { username: 'dora' },
      path: '/outgoing/cases.dat',
      agency: 'alameda',
      state: 'completed',
      sha256: sha256(content),
      bytesRead: 200_000,
    },
    {
      actor: { username: 'dora' },
      path: '/incoming/answer.txt',
      agency: 'alameda',
      state: 'published',
      sha256: sha256(Buffer.from('received')),
    },
    {
      actor: { username: 'amy' },
      path: '/incoming/answer.txt',
      agency: 'alameda',
      state: 'completed',
    },
  ]);
  t.same(exchange.faults, []);
});

t.test('what is not closed is seen by its uploader alone, who resumes it', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const colleague = await exchange.connect({ username: 'ann', agency: 'alameda' });
  const dora = await exchange.connect(state);
  const content = randomBytes(300_000);
  const handle = await amy.open('/outgoing/big', PUT);
  await amy.write(handle, 0, content.subarray(0, 150_000));
  t.equal((await amy.stat('/outgoing/big')).size, 150_000, 'STAT during the upload');
  await t.rejects(dora.stat('/agencies/alameda/outgoing/big'), { code: 2 });
  await amy.drop();

  const again = await exchange.connect(county);
  t.equal((await again.stat('/outgoing/big')).size, 150_000, 'the uploader sees how far it came');
  t.same(
    (await again.list('/outgoing')).map(({ name, size }) => [name, size]),
    [['big', 150_000]],
  );
  t.same(await colleague.list('/outgoing'), []);
  t.same(await dora.list('/agencies/alameda/outgoing'), []);
  await t.rejects(colleague.stat('/outgoing/big'), { code: 2 });
  await t.rejects(
    again.rename('/outgoing/big', '/outgoing/whole'),
    { code: 4 },
    'a partial cannot be passed off as whole',
  );

  const resumed = await again.open('/outgoing/big', WRITE | CREAT);
  await again.write(resumed, 150_000, content.subarray(150_000));
  await again.close(resumed);
  t.ok((await dora.get('/agencies/alameda/outgoing/big')).equals(content));
  t.match((await exchange.events({ event: 'file.closed.1' })).slice(0, 2), [
    { state: 'partial', bytesWritten: 150_000, reason: 'session-ended' },
    { state: 'published', sha256: sha256(content) },
  ]);
});

t.test('a new session takes over an upload that a dead one still holds', async (t) => {
  const exchange = await openExchange(t);
  const first = await exchange.connect(county);
  const held = await first.open('/outgoing/big', PUT);
  await first.write(held, 0, Buffer.alloc(100_000, 1));
  const second = await exchange.connect(county);
  const taken = await second.open('/outgoing/big', WRITE | CREAT);
  t.equal((await second.fstat(taken)).size, 100_000);
  await t.rejects(first.write(held, 100_000, Buffer.alloc(10)), { message: /newer session/ });
  await t.rejects(first.close(held), { message: /newer session/ });
  await second.write(taken, 100_000, Buffer.alloc(50_000, 2));
  await second.close(taken);
  t.ok(
    (await second.get('/outgoing/big')).equals(
      Buffer.concat([Buffer.alloc(100_000, 1), Buffer.alloc(50_000, 2)]),
    ),
  );
});

t.test('overwriting keeps the old version until the new one is closed', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const dora = await exchange.connect(state);
  // Large enough for files of their own.
  const [old, renewed] = [Buffer.alloc(100_000, 'old'), Buffer.alloc(100_000, 'new content')];
  await amy.put('/outgoing/f', old);
  const reading = await dora.open('/agencies/alameda/outgoing/f', READ);
  const handle = await amy.open('/outgoing/f', PUT);
  await amy.write(handle, 0, renewed);
  t.ok((await dora.get('/agencies/alameda/outgoing/f')).equals(old));
  await amy.close(handle);
  t.ok((await dora.get('/agencies/alameda/outgoing/f')).equals(renewed));
  t.equal(
    (await dora.read(reading, 0, 10))?.toString(),
    'oldoldoldo',
    'who reads the old version finishes it',
  );
  await dora.close(reading);
  t.match((await exchange.events({ event: 'file.closed.1', actor: 'amy' })).at(-1), {
    replaced: sha256(old),
  });
  const stored = async () => {
    const ids: string[] = [];
    for await (const id of exchange.store.list()) ids.push(id);
    return ids.length;
  };
  t.equal(await stored(), 2, 'the old version is kept, for an administrator to restore');
  await amy.put('/outgoing/f', old);
  t.equal(await stored(), 2, 'and goes when there is a newer one to keep');
});

t.test(
  'open without TRUNC starts from what is there (scp, JSch RESUME, curl -C, reput)',
  async (t) => {
    const exchange = await openExchange(t);
    const amy = await exchange.connect(county);
    const cases: readonly (readonly [string, number, number, string, number | null, string])[] = [
      ['overwrite the middle', WRITE, 3, 'XY', null, 'abcXYfgh'],
      ['write past the end', WRITE | CREAT, 8, 'ij', null, 'abcdefghij'],
      ['scp: shorter, then cut by FSETSTAT', WRITE | CREAT, 0, 'zz', 2, 'zz'],
      ['append ignores offsets', WRITE | APPEND, 0, '+', null, 'abcdefgh+'],
      ['offsets count without APPEND', WRITE, 0, '-', null, '-bcdefgh'],
    ];
    for (const [name, flags, offset, data, cut, expected] of cases) {
      await amy.put('/outgoing/f', Buffer.from('abcdefgh'));
      const handle = await amy.open('/outgoing/f', flags);
      await amy.write(handle, offset, Buffer.from(data));
      if (cut !== null)
        await amy.ok(
          amy.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(1).u64(cut)),
        );
      await amy.close(handle);
      t.equal((await amy.get('/outgoing/f')).toString(), expected, name);
    }
    await amy.ok(
      amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(1).u64(3)),
    );
    t.equal((await amy.get('/outgoing/f')).toString(), '-bc', 'SETSTAT size');
  },
);

t.test(
  'a file opened for writing and closed untouched: a new one is empty, an old one stays',
  async (t) => {
    const exchange = await openExchange(t);
    const amy = await exchange.connect(county);
    await amy.close(await amy.open('/outgoing/touched', WRITE | CREAT));
    t.equal((await amy.stat('/outgoing/touched')).size, 0);
    t.equal((await amy.get('/outgoing/touched')).length, 0);
    await amy.put('/outgoing/kept', Buffer.from('kept'));
    await amy.close(await amy.open('/outgoing/kept', WRITE | CREAT));
    t.equal((await amy.get('/outgoing/kept')).toString(), 'kept');
    t.match((await exchange.events({ event: 'file.closed.1', path: '/outgoing/kept' }))[1], {
      state: 'unchanged',
      outcome: 'success',
    });
  },
);

t.test('the flags of OPEN', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  await amy.put('/outgoing/there', Buffer.from('x'));
  await t.rejects(amy.open('/outgoing/there', PUT | EXCL), { code: 4, message: /exists/ });
  await amy.close(await amy.open('/outgoing/fresh', PUT | EXCL));
  await t.rejects(amy.open('/outgoing/absent', READ), { code: 2 });
  await t.rejects(amy.open('/outgoing/absent', WRITE), { code: 2 });
  await t.rejects(amy.open('/outgoing/no/parent', PUT), { code: 2 });
  await t.rejects(amy.open('/outgoing/there/below', PUT), { code: 4 });
  await t.rejects(amy.open('/outgoing', PUT), { code: 4 });
  await t.rejects(amy.open('/outgoing', READ), { code: 4 });
  const both = await amy.open('/outgoing/there', READ | WRITE);
  await amy.write(both, 1, Buffer.from('y'));
  t.equal(
    (await amy.read(both, 0, 10))?.toString(),
    'xy',
    'a read-write handle reads what it wrote',
  );
  await amy.close(both);
  const readOnly = await amy.open('/outgoing/there', READ);
  await t.rejects(amy.write(readOnly, 0, Buffer.from('z')), { code: 3 });
  await amy.close(readOnly);
  await t.rejects(amy.read(readOnly, 0, 1), { code: 4, message: /handle/ });
});

t.test('names: mkdir, rmdir, rename, posix-rename, remove', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  await amy.mkdir('/outgoing/a');
  await t.rejects(amy.mkdir('/outgoing/a'), { code: 4 });
  await t.rejects(amy.mkdir('/outgoing/x/y'), { code: 2 });
  await amy.put('/outgoing/a/file.filepart', Buffer.from('1'));
  await amy.rename('/outgoing/a/file.filepart', '/outgoing/a/file');
  await amy.put('/outgoing/a/two', Buffer.from('22'));
  await t.rejects(
    amy.rename('/outgoing/a/two', '/outgoing/a/file'),
    { code: 4 },
    'plain RENAME refuses an existing target',
  );
  await amy.posixRename('/outgoing/a/two', '/outgoing/a/file');
  t.equal((await amy.get('/outgoing/a/file')).toString(), '22');
  await t.rejects(
    amy.rename('/outgoing/a', '/outgoing/a/b'),
    { code: 4 },
    'a directory into itself',
  );
  await t.rejects(amy.rename('/outgoing', '/other'), { code: 3 });
  await t.rejects(amy.rename('/outgoing/a/none', '/outgoing/b'), { code: 2 });
  await t.rejects(amy.rmdir('/outgoing/a'), { code: 4, message: /not empty/ });
  await t.rejects(amy.rmdir('/outgoing/a/file'), { code: 4 });
  await t.rejects(amy.remove('/outgoing/a'), { code: 4 });
  await amy.rename('/outgoing/a', '/outgoing/moved');
  await amy.remove('/outgoing/moved/file');
  await amy.rmdir('/outgoing/moved');
  await t.rejects(amy.rmdir('/outgoing'), { code: 3 });
  const names = (await exchange.events()).map((row) => row['event']);
  for (const event of [
    'directory.created.1',
    'entry.renamed.1',
    'file.removed.1',
    'directory.removed.1',
  ])
    t.ok(names.includes(event), event);
});

t.test('times and permissions are kept and shown as OpenSSH shows them', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const at = 1_500_000_000;
  const handle = await amy.open('/outgoing/f', PUT, (writer) => writer.u32(4).u32(0o100600));
  await amy.write(handle, 0, Buffer.alloc(1_234_567_8, 1).subarray(0, 32_000));
  await amy.ok(
    amy.request(packet.FSETSTAT, (writer) => writer.string(handle).u32(8).u32(at).u32(at)),
  );
  await amy.close(handle);
  t.match(await amy.stat('/outgoing/f'), { modifiedAt: at, mode: 0o100600 });
  await amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(4).u32(0o644)),
  );
  t.match(await amy.stat('/outgoing/f', packet.LSTAT), { modifiedAt: at, mode: 0o100644 });
  const [entry] = await amy.list('/outgoing');
  t.match(entry?.longname, /^-rw-r--r-- {3}1 amy {6}alameda {5}32000 Jul 14 {2}2017 f$/);
  t.match(
    (await amy.list('/')).find(({ name }) => name === 'outgoing')?.longname,
    /^drwxr-x--- {3}2 alameda {2}alameda /,
  );
});

t.test('an agency can neither see nor reach another', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const ken = await exchange.connect(other);
  await ken.put('/outgoing/secret', Buffer.from('of kern'));
  t.same(await amy.list('/outgoing'), []);
  for (const path of [
    '/agencies',
    '/agencies/kern',
    '/agencies/kern/outgoing/secret',
    '/../kern/outgoing/secret',
    '/kern',
    '//agencies//kern',
  ]) {
    await t.rejects(amy.stat(path), { code: 2 }, path);
    await t.rejects(amy.open(path, READ), { code: 2 }, path);
  }
  const dora = await exchange.connect(state);
  await t.rejects(dora.rename('/agencies/kern/incoming/none', '/agencies/alameda/incoming/none'), {
    code: 2,
  });
  await dora.put('/agencies/kern/incoming/x', Buffer.from('x'));
  await amy.list('/');
  await t.rejects(dora.rename('/agencies/kern/incoming/x', '/agencies/alameda/incoming/x'), {
    code: 8,
    message: /between agencies/,
  });
  await t.rejects(dora.remove('/agencies/kern/outgoing/secret'), { code: 3 });
  await t.rejects(dora.mkdir('/agencies/newcounty'), { code: 3 });
});

t.test('a handle of one channel means nothing on another', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const handle = await amy.open('/outgoing/f', PUT);
  const again = await exchange.connect(county);
  await t.rejects(again.write(handle, 0, Buffer.from('x')), { code: 4, message: /handle/ });
});

t.test('quotas count what is stored, and say so', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ ...county, quotaBytes: 100_000 });
  await amy.put('/outgoing/a', Buffer.alloc(60_000));
  await t.rejects(amy.put('/outgoing/b', Buffer.alloc(60_000)), {
    code: 4,
    message: 'quota of 100 kB reached',
  });
  await amy.put('/outgoing/a', Buffer.alloc(90_000), PUT);
  await amy.remove('/outgoing/a');
  await t.rejects(amy.put('/outgoing/c', Buffer.alloc(100_001)), { message: /quota/ });
  await amy.remove('/outgoing/b').catch(() => undefined);
  await amy.remove('/outgoing/c').catch(() => undefined);
  await amy.put('/outgoing/d', Buffer.alloc(100_000));
  const refused = await exchange.events({ event: 'request.refused.1', reason: 'quota-exceeded' });
  t.equal(refused.length, 1, 'equal refusals of a session are one row and a count');
});

t.test('a directory of many entries lists whole, in order, once each', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  await amy.mkdir('/outgoing/many');
  const names = Array.from({ length: 1_700 }, (_, index) => `file-${index}-é`);
  await Promise.all(names.map((name) => amy.mkdir(`/outgoing/many/${name}`)));
  const listed = (await amy.list('/outgoing/many')).map(({ name }) => name);
  t.same(
    listed,
    names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
});

t.test('a flipped byte on disk is an error to the reader, never data', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  await amy.put('/outgoing/f', randomBytes(200_000));
  for await (const id of exchange.store.list()) {
    const file = await exchange.store.open(id, { write: true });
    const byte = Buffer.alloc(1);
    await file.read(100_000, byte);
    byte[0]! ^= 1;
    await file.write(100_000, [byte]);
    await file.close();
  }
  await t.rejects(amy.get('/outgoing/f'), { code: 4, message: /integrity/ });
  t.equal((await exchange.events({ reason: 'content-corrupt' })).length, 1);
});

t.test('extensions', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const content = randomBytes(70_000);
  await amy.put('/outgoing/f', content);
  t.equal(amy.extensions.get('statvfs@openssh.com'), '2');

  const limits = (await amy.extended('limits@openssh.com')).body;
  t.same([limits.u64(), limits.u64(), limits.u64(), limits.u64()], [262_144, 261_120, 261_120, 64]);

  const space = (await amy.extended('statvfs@openssh.com', (writer) => writer.string('/'))).body;
  t.equal(space.u64(), 4096);

  const named = (
    await amy.extended('check-file-name', (writer) =>
      writer.string('/outgoing/f').string('md5,sha256').u64(0).u64(0).u32(0),
    )
  ).body;
  t.equal(named.text(), 'sha256');
  const rest = Buffer.alloc(32);
  for (let at = 0; at < 32; at += 1) rest[at] = named.u8();
  t.equal(rest.toString('hex'), sha256(content));

  const handle = await amy.open('/outgoing/f', READ);
  const ranged = (
    await amy.extended('check-file-handle', (writer) =>
      writer.string(handle).string('sha256').u64(10).u64(1000).u32(400),
    )
  ).body;
  ranged.text();
  t.equal(ranged.remaining, 3 * 32);

  const copy = await amy.open('/outgoing/copy', PUT);
  await amy.ok(
    amy.extended('copy-data', (writer) => writer.string(handle).u64(5).u64(0).string(copy).u64(0)),
  );
  await amy.ok(amy.extended('fsync@openssh.com', (writer) => writer.string(copy)));
  await amy.close(copy);
  t.ok((await amy.get('/outgoing/copy')).equals(content.subarray(5)));

  const path = async (name: string, argument: string) => {
    const { type, body } = await amy.extended(name, (writer) => writer.string(argument));
    if (type !== packet.NAME) return body.u32();
    body.u32();
    return body.text();
  };
  t.equal(await path('expand-path@openssh.com', '~/outgoing'), '/outgoing');
  t.equal(await path('expand-path@openssh.com', '~amy'), '/');
  t.equal(await path('expand-path@openssh.com', '~ken/x'), 2);
  t.equal(await path('expand-path@openssh.com', 'incoming/..'), '/');
  t.equal(await path('home-directory', 'amy'), '/');
  t.equal(await amy.realpath(''), '/');
  t.equal(await amy.realpath('./outgoing/../nothing/here'), '/nothing/here');
  t.equal(
    (
      await amy.extended('hardlink@openssh.com', (writer) => writer.string('/a').string('/b'))
    ).body.u32(),
    8,
  );
  t.equal((await amy.extended('__proto__')).body.u32(), 8);
  for (const type of [packet.READLINK, packet.SYMLINK, 21, 99]) {
    t.match(
      await amy.status(amy.request(type, (writer) => writer.string('/a').string('/b'))),
      { code: 8 },
      `type ${type}`,
    );
  }
});

t.test('requests in flight are answered in order, each once', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  const handle = await amy.open('/outgoing/f', PUT);
  const before = amy.answered.length;
  const answers: Promise<unknown>[] = [];
  for (let index = 0; index < 200; index += 1) {
    answers.push(
      index % 10 === 0
        ? amy.stat('/outgoing/none').catch(() => undefined)
        : amy.write(handle, index * 1000, Buffer.alloc(1000, index)),
    );
  }
  const closing = amy.close(handle);
  const settingTimes = amy.ok(
    amy.request(packet.SETSTAT, (writer) => writer.string('/outgoing/f').u32(8).u32(7).u32(7)),
  );
  await Promise.all([...answers, closing, settingTimes]);
  const ids = amy.answered.slice(before);
  t.same(
    ids,
    ids.toSorted((a, b) => a - b),
  );
  t.equal(new Set(ids).size, 202);
  t.equal(
    (await amy.stat('/outgoing/f')).modifiedAt,
    7,
    'SETSTAT pipelined behind CLOSE (WinSCP) takes effect',
  );
});

t.test('malformed input ends its channel and nothing else', async (t) => {
  const frames: readonly (readonly [string, Buffer])[] = [
    ['length 0', Buffer.alloc(4)],
    ['length 2^32-1', Buffer.alloc(4, 0xff)],
    ['length over the limit', Buffer.from([0, 4, 0, 1])],
    ['INIT again', new WireWriter(packet.INIT).u32(3).finish()],
    ['no id', Buffer.from([0, 0, 0, 2, packet.STAT, 0])],
    [
      'string longer than the message',
      new WireWriter(packet.STAT).u32(1).u32(4_000_000_000).finish(),
    ],
    ['OPEN without flags', new WireWriter(packet.OPEN).u32(1).string('/outgoing/f').finish()],
    [
      'attributes that promise extended pairs',
      new WireWriter(packet.SETSTAT).u32(1).string('/').u32(0x80000000).u32(0xffffffff).finish(),
    ],
  ];
  const exchange = await openExchange(t);
  const bystander = await exchange.connect(county);
  for (const [name, bytes] of frames) {
    const client = await exchange.connect(county);
    client.raw(bytes);
    await client.closed;
    t.match(await bystander.stat('/outgoing'), { mode: 0o040750 }, name);
  }
  t.equal((await exchange.events({ reason: 'message-malformed' })).length, frames.length);
  t.same(exchange.faults, []);
});

t.test('handles are limited, and the limit says what to do', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  await amy.put('/outgoing/f', Buffer.from('x'));
  const handles = await Promise.all(
    Array.from({ length: 64 }, () => amy.open('/outgoing/f', READ)),
  );
  await t.rejects(amy.open('/outgoing/f', READ), { code: 4, message: /64 open files at a time/ });
  await amy.close(handles[0]!);
  await amy.close(await amy.open('/outgoing/f', READ));
});

t.test('names that are not allowed do not exist', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect(county);
  for (const path of [
    '/outgoing/a\0b',
    '/outgoing/a\\b',
    '/outgoing/a\nb',
    `/outgoing/${'n'.repeat(256)}`,
  ]) {
    await t.rejects(amy.open(path, PUT), { code: 2 }, JSON.stringify(path));
  }
  await t.rejects(amy.open(Buffer.from([0x2f, 0xff]), PUT), { code: 2 });
  for (const name of [
    'ü'.repeat(127),
    'n'.repeat(255),
    "JOB.CNTL('X')#$@",
    '${jndi:x}',
    '%s%n',
    '-rf',
    ' ',
  ]) {
    await amy.put(`/outgoing/${name}`, Buffer.from(name));
    t.equal((await amy.get(`/outgoing/${name}`)).toString(), name);
  }
  t.equal((await amy.list('/outgoing')).length, 7);
});

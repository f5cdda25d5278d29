import t from 'tap';
import { permissions, type Permission } from '../../server/domain/permissions.ts';
import { extensions, operations } from '../../server/sftp/operations.ts';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';
import type { SftpClient, SftpStatus } from '../fixtures/sftp-client.ts';

const [read, write, creat, trunc] = [1, 2, 8, 16];

type Deed = {
  /** Each of these is needed; without one of them the deed is refused. */
  readonly needs: readonly Permission[];
  /** The operations and extensions of the tables that it goes through. */
  readonly through: readonly string[];
  readonly work: (sftp: SftpClient) => Promise<unknown>;
};

const copy = async (sftp: SftpClient, from: string, to: string): Promise<void> => {
  const source = await sftp.open(from, read);
  const target = await sftp.open(to, write | creat);
  const fields = (handle: Buffer, other: Buffer) =>
    sftp.extended('copy-data', (writer) =>
      writer.string(handle).u64(0).u64(0).string(other).u64(0),
    );
  await sftp.ok(fields(source, target));
  await sftp.close(source);
  await sftp.close(target);
};
const check = async (sftp: SftpClient, path: string): Promise<void> => {
  const { type } = await sftp.extended('check-file-name', (writer) =>
    writer.string(path).string('sha256').u64(0).u64(0).u32(0),
  );
  if (type !== packet.EXTENDED_REPLY) throw new Error('refused');
};

/** On a fresh `/d` with the file `old` and the empty directory `empty`. */
const deeds: Readonly<Record<string, Deed>> = {
  get: { needs: ['read'], through: ['open', 'read', 'close'], work: (s) => s.get('/d/old') },
  hash: { needs: ['read'], through: ['check-file-name'], work: (s) => check(s, '/d/old') },
  list: { needs: ['list'], through: ['opendir', 'readdir'], work: (s) => s.list('/d') },
  put: { needs: ['write'], through: ['open', 'write'], work: (s) => s.put('/d/new', Buffer.of(1)) },
  overwrite: {
    needs: ['overwrite'],
    through: ['open', 'write'],
    work: (s) => s.put('/d/old', Buffer.of(2), write | creat | trunc),
  },
  setstat: {
    needs: ['write'],
    through: ['setstat'],
    work: (s) => s.ok(s.request(packet.SETSTAT, (w) => w.string('/d/old').u32(4).u32(0o600))),
  },
  lsetstat: {
    needs: ['write'],
    through: ['lsetstat'],
    work: (s) =>
      s.ok(s.extended('lsetstat@openssh.com', (w) => w.string('/d/old').u32(4).u32(0o600))),
  },
  remove: { needs: ['delete'], through: ['remove'], work: (s) => s.remove('/d/old') },
  rmdir: { needs: ['delete'], through: ['rmdir'], work: (s) => s.rmdir('/d/empty') },
  mkdir: { needs: ['mkdir'], through: ['mkdir'], work: (s) => s.mkdir('/d/made') },
  rename: { needs: ['rename'], through: ['rename'], work: (s) => s.rename('/d/old', '/d/else') },
  'posix-rename': {
    needs: ['rename'],
    through: ['posix-rename'],
    work: (s) => s.posixRename('/d/old', '/d/else'),
  },
  'copy-data': {
    needs: ['read', 'write'],
    through: ['open', 'copy-data'],
    work: (s) => copy(s, '/d/old', '/d/copy'),
  },
};

/** What looks at nothing that a permission covers, or works on a handle that a permission was needed for. */
const noPermission = [
  'close',
  'read',
  'write',
  'fstat',
  'fsetstat',
  'readdir',
  'realpath',
  'fsync',
];
noPermission.push('limits', 'expand-path', 'home-directory', 'users-groups-by-id', 'stat', 'lstat');
noPermission.push('statvfs', 'fstatvfs', 'check-file-handle', 'check-file');

// ProFTPD mod_copy CVE-2015-3306 and CVE-2019-12815: a command from a module copied files on the server without asking
// whether the user might read the one and write the other. The rule: an extension goes through the same table and the
// same authoriser as everything else, and what is not in the table is unsupported.
t.test(
  'ProFTPD CVE-2019-12815: every operation, without each permission that it needs',
  async (t) => {
    const exchange = await openExchange(t);
    let users = 0;
    const tryWith = async (allow: readonly Permission[], deed: Deed): Promise<unknown> => {
      users += 1;
      const agency = `agency${users}`;
      const owner = await exchange.connect({
        username: `owner${users}`,
        agency,
        rules: [{ path: '/', allow: [...permissions] }],
      });
      await owner.mkdir('/d');
      await owner.mkdir('/d/empty');
      await owner.put('/d/old', Buffer.from('old'));
      await owner.drop();
      const rules = [{ path: '/', allow }];
      const sftp = await exchange.connect({ username: `user${users}`, agency, rules });
      try {
        return await deed.work(sftp).then(
          () => 'done',
          (error: SftpStatus) => error.code ?? 'refused',
        );
      } finally {
        await sftp.drop();
      }
    };
    for (const [name, deed] of Object.entries(deeds)) {
      t.equal(await tryWith(permissions, deed), 'done', `${name} with every permission`);
      for (const missing of deed.needs) {
        const others = permissions.filter((each) => each !== missing);
        t.not(await tryWith(others, deed), 'done', `${name} without ${missing}`);
      }
      t.not(await tryWith([], deed), 'done', `${name} without any`);
    }
    const tried = new Set(Object.values(deeds).flatMap(({ through }) => through));
    const served = [...Object.values(operations), ...Object.values(extensions)].map((o) => o!.name);
    t.same(
      served.filter((name) => !tried.has(name) && !noPermission.includes(name)),
      [],
      'every operation of the table is here',
    );
  },
);

t.test(
  'ProFTPD mod_copy CVE-2015-3306: an extension that is not in the table is unsupported',
  async (t) => {
    const exchange = await openExchange(t);
    const sftp = await exchange.connect({ username: 'amy', agency: 'alameda' });
    for (const name of [
      'copy-file',
      'SITE CPFR',
      'hardlink@openssh.com',
      'constructor',
      '__proto__',
      'toString',
      '',
    ]) {
      const reply = sftp.extended(name, (writer) => writer.string('/a').string('/b'));
      t.equal((await sftp.status(reply)).code, 8, name);
    }
  },
);

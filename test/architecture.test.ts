import t from 'tap';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, dirname } from 'node:path';

/** The repository, seen from the build (`dist/test`). */
const root = resolve(import.meta.dirname, '../..');

type Import = { readonly file: string; readonly to: string; readonly typeOnly: boolean };

/** Station -> the stations it may import (DESIGN.md section 2); every one may import itself and `server/domain`. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'server/domain': [],
  // Worker side. A monitor folder is reached only through the seam's verbs.
  'server/memory': [],
  'server/pace': [],
  'server/connection': ['server/memory', 'server/pace'],
  'server/sftp': [
    'server/blobs',
    'server/memory',
    'server/pace',
    'server/monitor/verbs.ts',
    'server/connection/peer.ts',
  ],
  'server/session': [
    'server/connection/peer.ts',
    'server/sftp',
    'server/pace',
    'server/blobs/store.ts',
    'server/monitor/verbs.ts',
  ],
  // Both sides.
  'server/blobs': ['server/memory'],
  // Monitor side.
  'server/admission': ['server/ledger'],
  'server/database': [],
  'server/ledger': ['server/database', 'server/signing/verify-sshsig.ts'],
  'server/policy': [],
  'server/archive': ['server/database', 'server/ledger', 'server/signing'],
  'server/accounts': ['server/database', 'server/ledger'],
  'server/authentication': ['server/accounts', 'server/database', 'server/ledger'],
  'server/files': ['server/database', 'server/ledger', 'server/policy', 'server/blobs'],
  'server/retention': [
    'server/accounts/fields.ts',
    'server/accounts/same-person.ts',
    'server/accounts/parts.ts',
    'server/database',
    'server/files',
    'server/jobs',
    'server/ledger',
    'server/signing',
  ],
  'server/reports': [
    'server/accounts/fields.ts',
    'server/database',
    'server/ledger',
    'server/retention/certificate-forms.ts',
    'server/retention/page.ts',
    'server/retention/schedule.ts',
  ],
  'server/receipts': [
    'server/blobs',
    'server/database',
    'server/files',
    'server/jobs',
    'server/ledger',
    'server/signing',
  ],
  'server/monitor': ['server/authentication', 'server/files', 'server/database', 'server/ledger'],
  'server/forwarding': ['server/database', 'server/ledger'],
  'server/metrics': [
    'server/database/units.ts',
    'server/forwarding',
    'server/ledger',
    'server/monitor/vitals.ts',
    'server/monitor/worker-vitals.ts',
    'server/reports/review-state.ts',
    'server/retention/state.ts',
  ],
  'server/signing': ['server/database', 'server/ledger'],
  'server/jobs': [],
  'admin-api': [
    'server/archive',
    'server/forwarding',
    'server/metrics',
    'server/accounts',
    'server/authentication',
    'server/files',
    'server/reports',
    'server/retention',
    'server/receipts',
    'server/ledger',
    'server/database/units.ts',
    'server/database/guards.ts',
    'server/blobs',
  ],
};

/** The files that wire and the process edge may import anything. */
const wiring = /^(server\/[a-z-]+\.ts|server\/compose\/|cli\/|test\/|bench\/)/;

/** Library -> the one folder that imports it, and what it would cost if others did. */
const ownerOf: Readonly<Record<string, { readonly owner: RegExp; readonly why: string }>> = {
  ssh2: {
    owner: /^(server\/connection\/|cli\/demo-client\.ts|test\/|bench\/)/,
    why: 'its hazards are held off in one place',
  },
  'better-sqlite3': {
    owner: /^(server\/database\/|test\/|bench\/)/,
    why: 'a second engine has to fit behind units of work',
  },
  kysely: {
    owner: /^(server\/database\/|test\/)/,
    why: 'other folders get typed queries from a unit',
  },
  argon2: {
    owner: /^(server\/accounts\/|test\/mutation\/)/,
    why: 'hashing is bounded in one queue',
  },
  '@zxcvbn-ts/language-common': {
    owner: /^server\/accounts\/common-passwords\.ts/,
    why: 'what is a common password is said in one place',
  },
  otpauth: {
    owner: /^(server\/accounts\/one-time-code\.ts|test\/)/,
    why: 'codes are made and judged in one place',
  },
  qrcode: {
    owner: /^(admin-api\/routes\/second-factors\.ts|cli\/user-totp\.ts)/,
    why: 'a picture of a secret is made where it is shown',
  },
  fastify: { owner: /^admin-api\//, why: 'the REST API is a face, not a rule' },
  '@fastify/fast-json-stringify-compiler': {
    owner: /^(admin-api\/|test\/)/,
    why: 'the REST API is a face, not a rule',
  },
  '@fastify/swagger': { owner: /^admin-api\//, why: 'the REST API is a face, not a rule' },
  '@fastify/type-provider-typebox': {
    owner: /^admin-api\//,
    why: 'the REST API is a face, not a rule',
  },
  '@noble/post-quantum': {
    owner: /^(server\/connection\/ml-kem\.ts|test\/)/,
    why: 'one key exchange needs it, where Node has none of its own',
  },
  'openapi-fetch': {
    owner: /^admin-api\/client\//,
    why: 'the typed client is for programs outside: the server calls nobody',
  },
  'csv-parse': { owner: /^(admin-api\/|test\/)/, why: 'a format of files is a matter of the API' },
  typebox: {
    owner: /^(admin-api\/|server\/config\.ts|server\/monitor\/schemas\.ts)/,
    why: 'schemas belong to the API, the configuration and what worker processes may say',
  },
  commander: { owner: /^cli\//, why: 'the command line is a client' },
  pino: { owner: /^(server\/log\.ts|test\/)/, why: 'parts get a logger or a callback' },
  'pino-pretty': { owner: /^server\/log\.ts/, why: 'parts get a logger or a callback' },
  'prom-client': {
    owner: /^(server\/metrics\/|test\/)/,
    why: 'parts count; one folder says how it is shown',
  },
  croner: {
    owner: /^server\/(retention\/schedule|jobs\/schedule)\.ts/,
    why: 'it only reckons: what runs, runs by one schedule',
  },
  'node:cluster': { owner: /^test\//, why: 'its primary serves what a worker asks of it' },
  'node:child_process': {
    owner: /^(server\/monitor\/worker-process\.ts|cli\/|test\/|bench\/)/,
    why: 'the server starts nothing but its workers (breaches.md, Accellion)',
  },
  'node:worker_threads': {
    owner:
      /^(server\/blobs\/hash-(lane|thread)\.ts|server\/ledger\/verify-(aside|thread)\.ts|test\/)/,
    why: 'a thread can pass the permission model of its process (docs/TRUST.md); the monitor, where the ledger is verified, has none',
  },
  'node:vm': { owner: /^test\//, why: 'the server runs no code it is given' },
  'node:zlib': { owner: /^test\//, why: 'the server decompresses nothing' },
};

/** Only these files touch the host's file system; user data only through blobs. */
const fileSystemOwners =
  /^(server\/blobs\/|server\/database\/|server\/archive\/archive-files\.ts|server\/ledger\/(checkpoint-log|note-reader|witness-directory)\.ts|server\/signing\/checkpoint-key-files\.ts|server\/(setup|server|admin-tls|control|evidence-key-file|evidence-keys-file|ledger-head-file|host-key-files|host-certificates|sync-names|version|banner|compose\/network|forward-variables|socket-path|worker-sockets)\.ts|cli\/|test\/|bench\/)/;

/** A type that carries proof -> the one file that may make it. */
const makers: Readonly<Record<string, string>> = {
  VirtualPath: 'server/domain/virtual-path.ts',
  Identity: 'server/authentication/identity.ts',
  Grant: 'server/policy/decide.ts',
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

const files = ['server', 'admin-api', 'cli', 'test', 'bench'].flatMap(sources);
const product = files.filter((file) => !file.startsWith('test/') && !file.startsWith('bench/'));
const text = new Map(
  files.map((file) => [file, withoutComments(readFileSync(join(root, file), 'utf8'))]),
);

function withoutComments(source: string): string {
  return source.replace(/^\s*(\/\*\*|\*|\/\/).*$/gm, '');
}

function importsOf(file: string): Import[] {
  const pattern =
    /(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|import\('([^']+)'\)|require\('([^']+)'\)/g;
  return [...text.get(file)!.matchAll(pattern)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4]!;
    const to = specifier.startsWith('.')
      ? relative(root, resolve(root, dirname(file), specifier))
      : specifier;
    return { file, to, typeOnly: match[1] !== undefined };
  });
}

function stationOf(file: string): string | undefined {
  return Object.keys(mayImport).find((station) => file.startsWith(`${station}/`));
}

t.test('imports go the way the data goes', (t) => {
  const wrong = product.flatMap(importsOf).filter(({ file, to }) => {
    const from = stationOf(file);
    if (from === undefined || wiring.test(file) || !/^(server|admin-api|cli|test)\//.test(to))
      return false;
    const allowed = [from, 'server/domain', ...mayImport[from]!];
    return !allowed.some((each) => to === each || to.startsWith(`${each}/`));
  });
  t.same(
    wrong.map(({ file, to }) => `${file} imports ${to}`),
    [],
  );
  t.end();
});

t.test('every folder of the server is a station of the table', (t) => {
  const folders = new Set(
    product
      .filter((file) => file.startsWith('server/') && file.split('/').length > 2)
      .map((file) => file.split('/').slice(0, 2).join('/')),
  );
  t.same(
    [...folders].filter((folder) => !(folder in mayImport) && !wiring.test(`${folder}/`)),
    [],
  );
  t.end();
});

t.test('a worker process loads nothing of the monitor', (t) => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const { to, typeOnly } of text.has(file) ? importsOf(file) : []) if (!typeOnly) load(to);
  };
  load('server/worker.ts');
  const worker =
    /^server\/(domain|connection|session|sftp|blobs|memory|pace)\/|^server\/(worker|compose\/worker|fips|log|socket-path|worker-sockets)\.ts$|^server\/monitor\/(process-link|calls|packing|message-pipe|pipe-descriptor|vitals)\.ts$/;
  const library =
    /^(node:(buffer|crypto|events|fs|module|net|os|path|perf_hooks|process|stream|timers|worker_threads)(\/promises)?|ssh2(\/.*)?|@noble\/post-quantum\/ml-kem\.js|pino|pino-pretty)$/;
  t.same(
    [...loaded].filter((file) => !worker.test(file) && !library.test(file)),
    [],
  );
  t.ok(loaded.has('server/connection/reception.ts'));
  t.end();
});

t.test('each library has one owner', (t) => {
  const packageOf = (to: string) =>
    to.startsWith('node:')
      ? to.split('/')[0]!
      : to
          .split('/')
          .slice(0, to.startsWith('@') ? 2 : 1)
          .join('/');
  const wrong = files.flatMap(importsOf).filter(({ file, to, typeOnly }) => {
    const rule = ownerOf[packageOf(to)];
    // Tests and Kysely's types for the schema's own sake are no hazard.
    return rule !== undefined && !rule.owner.test(file) && !(typeOnly && file.startsWith('test/'));
  });
  t.same(
    wrong.map(({ file, to }) => `${file} imports ${to}: ${ownerOf[packageOf(to)]!.why}`),
    [],
  );
  t.end();
});

t.test('the server does not load the client of its own API', (t) => {
  const wrong = product
    .filter((file) => file.startsWith('server/') || file.startsWith('admin-api/'))
    .filter((file) => !file.startsWith('admin-api/client/'))
    .flatMap(importsOf)
    .filter(({ to }) => to.startsWith('admin-api/client'));
  t.same(
    wrong.map(({ file, to }) => `${file} imports ${to}`),
    [],
  );
  t.end();
});

t.test('the host file system is touched in few places', (t) => {
  const wrong = product
    .flatMap(importsOf)
    .filter(({ file, to }) => to.startsWith('node:fs') && !fileSystemOwners.test(file));
  t.same(
    wrong.map(({ file, to }) => `${file} imports ${to}`),
    [],
  );
  t.end();
});

t.test('proofs are made in one place each', (t) => {
  for (const [type, maker] of Object.entries(makers)) {
    const wrong = product.filter(
      (file) =>
        file !== maker &&
        new RegExp(`\\bas ${type}\\b(?!\\s*[,}])`).test(
          text.get(file)!.replace(/import[^;]*;/g, ''),
        ),
    );
    t.same(wrong, [], type);
  }
  t.end();
});

t.test('nothing runs code that it was given, and SQL is never put together', (t) => {
  const banned: readonly (readonly [RegExp, string])[] = [
    [/\beval\(|new Function\(/, 'eval'],
    [/\bv8\.deserialize\(/, 'native deserialisation'],
    [/\bsql\.raw\(|\bsql`/, 'raw SQL outside Kysely'],
    [/@ts-(ignore|nocheck|expect-error)/, 'a type escape'],
    [/:\s*any\b|\bas any\b/, 'any'],
    [/\.exec\(`|\.prepare\(`/, 'SQL as a template'],
  ];
  for (const file of product)
    for (const [pattern, what] of banned)
      t.notOk(pattern.test(text.get(file)!), `${file}: ${what}`);
  t.end();
});

t.test('files tell one story each', (t) => {
  const written = product.filter((file) => !file.endsWith('.gen.ts'));
  const long = written.filter((file) => text.get(file)!.split('\n').length > 400);
  t.same(long, []);
  t.end();
});

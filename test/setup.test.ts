import t from 'tap';
import type { Test } from 'tap';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../server/config.ts';
import { openDatabase } from '../server/database/open.ts';
import { Fault } from '../server/domain/faults.ts';
import { hostKeyFiles } from '../server/host-key-files.ts';
import { evidenceKeyFile, masterKeyFile, prepare, readKeyMaterial } from '../server/setup.ts';

function installation(t: Test) {
  const directory = t.testdir();
  const dataDirectory = join(directory, 'data');
  const keysDirectory = join(directory, 'keys');
  const config = readConfig({ WAYBILL_DATA_DIR: dataDirectory, WAYBILL_KEYS_DIR: keysDirectory });
  return {
    directory,
    dataDirectory,
    keysDirectory,
    config,
    masterKey: join(keysDirectory, masterKeyFile),
    hostKey: join(keysDirectory, hostKeyFiles.ed25519),
    evidenceKey: join(keysDirectory, evidenceKeyFile),
  };
}

/** Everything below a directory, with modes and content. */
function listing(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return `${path} ${statSync(path).mode.toString(8)} ${entry.isFile() ? readFileSync(path).toString('hex') : ''}`;
    })
    .toSorted();
}

function refused(
  t: Test,
  directory: string,
  work: () => unknown,
  code: string,
  reason: RegExp,
): void {
  const before = listing(directory);
  let thrown: unknown;
  try {
    work();
  } catch (error) {
    thrown = error;
  }
  t.ok(thrown instanceof Fault, String(thrown));
  t.match(thrown, { code, message: reason });
  t.notMatch((thrown as Error).message, /\n/, 'one line');
  t.same(listing(directory), before, 'nothing on disk changed');
}

t.test('an empty installation gets its directories and keys, for its owner alone', (t) => {
  const { config, dataDirectory, keysDirectory, masterKey, hostKey, evidenceKey } = installation(t);
  const { keys, made } = prepare(config);
  t.same(made, [dataDirectory, keysDirectory, masterKey, hostKey, evidenceKey]);
  t.equal(keys.masterKey.reveal().length, 32);
  for (const directory of [dataDirectory, keysDirectory])
    t.equal(statSync(directory).mode & 0o777, 0o700);
  for (const file of [masterKey, hostKey, evidenceKey]) t.equal(statSync(file).mode & 0o777, 0o600);
  t.not(keys.evidenceKey.reveal(), keys.hostKey.reveal(), 'each for its own purpose');
  const again = prepare(config);
  t.same(again.made, [], 'and keeps them');
  t.ok(again.keys.masterKey.reveal().equals(keys.masterKey.reveal()));
  t.ok(readKeyMaterial(config).masterKey.reveal().equals(keys.masterKey.reveal()));
  t.end();
});

t.test('keys that others can read are refused, with what to do', (t) => {
  const { directory, config, masterKey, hostKey, evidenceKey } = installation(t);
  prepare(config);
  for (const file of [masterKey, hostKey, evidenceKey]) {
    for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o777]) {
      chmodSync(file, mode);
      refused(
        t,
        directory,
        () => prepare(config),
        'key-material-unusable',
        new RegExp(`mode 0${mode.toString(8)}.*chmod 600 ${file}`),
      );
      refused(t, directory, () => readKeyMaterial(config), 'key-material-unusable', /chmod 600/);
    }
    chmodSync(file, 0o600);
  }
  for (const mode of [0o400, 0o600, 0o700]) {
    chmodSync(masterKey, mode);
    t.doesNotThrow(() => prepare(config));
  }
  t.end();
});

t.test('data without its master key: refused, and no new key is made', async (t) => {
  const { directory, config, dataDirectory, masterKey } = installation(t);
  prepare(config);
  await openDatabase({ dataDirectory, clock: Date.now }).close();
  rmSync(masterKey);
  refused(
    t,
    directory,
    () => prepare(config),
    'key-material-unusable',
    /master key .* is missing.*restore it from your backup/,
  );
  refused(t, directory, () => readKeyMaterial(config), 'key-material-unusable', /is missing/);
});

t.test('a master key that is none', (t) => {
  const { directory, config, masterKey } = installation(t);
  prepare(config);
  for (const text of [
    '',
    'short',
    Buffer.alloc(31).toString('base64'),
    Buffer.alloc(33).toString('base64'),
  ]) {
    writeFileSync(masterKey, text);
    refused(
      t,
      directory,
      () => prepare(config),
      'key-material-unusable',
      /must hold 32 bytes in base64/,
    );
  }
  t.end();
});

t.test('an installation of before gets the evidence key at its next start', (t) => {
  const { config, evidenceKey, hostKey } = installation(t);
  const { keys } = prepare(config);
  rmSync(evidenceKey);
  t.doesNotThrow(() => readKeyMaterial(config), 'who only looks does without');
  const again = prepare(config);
  t.same(again.made, [evidenceKey]);
  t.equal(again.keys.hostKey.reveal(), keys.hostKey.reveal());
  t.equal(readFileSync(hostKey, 'utf8'), keys.hostKey.reveal());
  t.not(again.keys.evidenceKey.reveal(), keys.evidenceKey.reveal());
  t.end();
});

t.test('an evidence key that is none', (t) => {
  const { directory, config, evidenceKey } = installation(t);
  prepare(config);
  const ecdsa = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  for (const text of ['', 'short', ecdsa.export({ type: 'sec1', format: 'pem' }).toString()]) {
    writeFileSync(evidenceKey, text);
    for (const work of [() => prepare(config), () => readKeyMaterial(config)])
      refused(t, directory, work, 'key-material-unusable', /is not an Ed25519 key: restore it/);
  }
  t.end();
});

t.test(
  'keys that lie read-only, and want one more',
  { skip: process.getuid?.() === 0 ? 'root writes everywhere' : false },
  (t) => {
    const { directory, config, keysDirectory, evidenceKey } = installation(t);
    prepare(config);
    chmodSync(keysDirectory, 0o500);
    t.doesNotThrow(() => prepare(config), 'none is missing');
    chmodSync(keysDirectory, 0o700);
    rmSync(evidenceKey);
    chmodSync(keysDirectory, 0o500);
    const words = /evidence_ed25519 is missing.*for one start, or run ssh-keygen/;
    refused(t, directory, () => prepare(config), 'key-material-unusable', words);
    chmodSync(keysDirectory, 0o700);
    t.end();
  },
);

t.test('a directory that cannot be one', (t) => {
  const { directory } = installation(t);
  writeFileSync(join(directory, 'file'), 'x');
  for (const name of ['file', 'file/below', 'file/far/below']) {
    const path = join(directory, name);
    const other = join(directory, 'other');
    refused(
      t,
      directory,
      () => prepare(readConfig({ WAYBILL_DATA_DIR: path, WAYBILL_KEYS_DIR: other })),
      'data-directory-unusable',
      /file is not a directory; set WAYBILL_DATA_DIR/,
    );
    refused(
      t,
      directory,
      () => prepare(readConfig({ WAYBILL_DATA_DIR: other, WAYBILL_KEYS_DIR: path })),
      'data-directory-unusable',
      /file is not a directory; set WAYBILL_KEYS_DIR/,
    );
  }
  t.end();
});

t.test(
  'a directory that may not be written',
  { skip: process.getuid?.() === 0 ? 'root writes everywhere' : false },
  (t) => {
    const { directory, dataDirectory, config } = installation(t);
    mkdirSync(dataDirectory, { mode: 0o500 });
    refused(
      t,
      directory,
      () => prepare(config),
      'data-directory-unusable',
      /cannot be written by user .*set WAYBILL_DATA_DIR/,
    );
    t.end();
  },
);

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../server/config.ts';
import { generateHostKey } from '../server/connection/host-keys.ts';
import {
  addHostKey,
  listHostKeys,
  neededHostKeyFile,
  useNextHostKey,
} from '../server/host-key-files.ts';
import { prepare } from '../server/setup.ts';

t.test('which key a server cannot do without', async (t) => {
  t.equal(neededHostKeyFile('modern'), 'host_ed25519');
  t.equal(neededHostKeyFile('fips'), 'host_ecdsa');
});

t.test('a key is announced before it is used, and kept after', (t) => {
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
  });
  const { keysDirectory } = config;
  const first = prepare(config).keys;
  t.match(listHostKeys(keysDirectory), [{ kind: 'ed25519', role: 'in-use' }]);
  t.throws(() => useNextHostKey(keysDirectory, 'ed25519', new Date(0)), { code: 'not-found' });

  const next = addHostKey(keysDirectory, 'ed25519');
  t.match(next, { kind: 'ed25519', role: 'next', path: join(keysDirectory, 'host_ed25519.next') });
  t.equal(statSync(next.path).mode & 0o777, 0o600);
  t.throws(() => addHostKey(keysDirectory, 'ed25519'), { code: 'conflict' });
  t.match(
    addHostKey(keysDirectory, 'ecdsa'),
    { kind: 'ecdsa', role: 'in-use' },
    'nobody has to learn it',
  );
  const second = prepare(config).keys;
  t.equal(second.hostKey.reveal(), first.hostKey.reveal());
  t.equal(second.nextHostKeys[0]?.reveal(), readFileSync(next.path, 'utf8'));
  t.equal(second.otherHostKeys.length, 1);

  const done = useNextHostKey(keysDirectory, 'ed25519', new Date('2030-01-31T12:00:00.5Z'));
  t.same(done, {
    used: join(keysDirectory, 'host_ed25519'),
    retired: join(keysDirectory, 'host_ed25519.retired-20300131T120000Z'),
  });
  t.equal(readFileSync(done.retired, 'utf8'), first.hostKey.reveal());
  const third = prepare(config).keys;
  t.equal(third.hostKey.reveal(), second.nextHostKeys[0]?.reveal());
  t.same(third.nextHostKeys, []);
  t.notOk(existsSync(next.path));
  t.notOk(readdirSync(keysDirectory).some((name) => name.endsWith('.new')));
  t.end();
});

t.test('a change that is killed half-way leaves the old key in use, and is done again', (t) => {
  // It moved the old key away before the next one was there: the start after that made a third, which no client knew.
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
  });
  const { keysDirectory } = config;
  const first = prepare(config).keys.hostKey.reveal();
  const next = addHostKey(keysDirectory, 'ed25519');
  const nextText = readFileSync(next.path, 'utf8');
  const now = new Date('2030-01-31T12:00:00Z');
  // The retired key is there in full, and nothing else has happened.
  writeFileSync(join(keysDirectory, 'host_ed25519.retired-20300131T120000Z'), first);
  t.equal(prepare(config).keys.hostKey.reveal(), first);
  const done = useNextHostKey(keysDirectory, 'ed25519', now);
  t.equal(readFileSync(done.retired, 'utf8'), first);
  t.equal(statSync(done.used).mode & 0o777, 0o600);
  t.equal(prepare(config).keys.hostKey.reveal(), nextText);
  t.end();
});

t.test('the key in use is never away while another takes its place', (t) => {
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
  });
  const { keysDirectory } = config;
  prepare(config);
  addHostKey(keysDirectory, 'ed25519');
  // Where the second step fails, the first has taken nothing away.
  const now = new Date('2030-01-31T12:00:00Z');
  mkdirSync(join(keysDirectory, 'host_ed25519.retired-20300131T120000Z'));
  t.throws(() => useNextHostKey(keysDirectory, 'ed25519', now), { code: 'EISDIR' });
  t.match(listHostKeys(keysDirectory), [{ role: 'in-use' }, { role: 'next' }]);
  t.end();
});

t.test('what is no key stops the start, and is not put to use', (t) => {
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
  });
  prepare(config);
  const next = join(config.keysDirectory, 'host_ed25519.next');
  writeFileSync(next, 'not a key', { mode: 0o600 });
  t.throws(() => prepare(config), { code: 'key-material-unusable' });
  t.throws(() => useNextHostKey(config.keysDirectory, 'ed25519', new Date(0)), {
    code: 'key-material-unusable',
  });
  t.ok(existsSync(join(config.keysDirectory, 'host_ed25519')));
  writeFileSync(next, generateHostKey(), { mode: 0o644 });
  // The mode of a file that is there stays.
  t.doesNotThrow(() => prepare(config));
  t.end();
});

import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { readConfig } from '../server/config.ts';
import { hostKeySigner } from '../server/connection/host-keys.ts';
import { checkFips, fipsProgram } from '../server/fips.ts';
import { addHostKey } from '../server/host-key-files.ts';
import { createLog } from '../server/log.ts';
import { WorkerProcess } from '../server/monitor/worker-process.ts';
import type { Monitor } from '../server/monitor/verbs.ts';
import { startServer } from '../server/server.ts';
import { prepare } from '../server/setup.ts';

t.test('a server that is to use validated algorithms does not start without them', async (t) => {
  for (const algorithms of ['modern', 'pq-only'] as const)
    t.doesNotThrow(() => checkFips({ algorithms }, 0));
  t.throws(() => checkFips({ algorithms: 'fips' }, 0), {
    code: 'configuration-invalid',
    message: /not in FIPS mode.*--force-fips/,
  });
  t.doesNotThrow(() => checkFips({ algorithms: 'fips' }, 1));
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_ALGORITHMS: 'fips',
  });
  await t.rejects(startServer(config, createLog('silent', false)), {
    code: 'configuration-invalid',
  });
  t.same(readdirSync(directory), [], 'and makes nothing');
});

// Only the monitor's process was in FIPS mode: its workers, which do all of SSH, came up without the option, and without the
// variables that name the provider.
t.test('a worker is told to be in FIPS mode, and does not start otherwise', async (t) => {
  t.same(fipsProgram({ algorithms: 'modern' }), { nodeOptions: [], environment: [] });
  t.same(
    fipsProgram({ algorithms: 'fips' }, ['--force-fips', '--openssl-config=a.cnf', '--inspect']),
    {
      nodeOptions: ['--force-fips', '--openssl-config=a.cnf'],
      environment: ['OPENSSL_CONF', 'OPENSSL_MODULES'],
    },
  );
  const faults: unknown[] = [];
  const start = (algorithms: string) =>
    new Promise<string>((resolveGone) => {
      const worker = new WorkerProcess({
        number: 1,
        program: {
          entry: resolve(import.meta.dirname, '../server/worker.js'),
          nodeOptions: [],
          environment: [],
          workingDirectory: t.testdir(),
        },
        settings: {
          number: 1,
          algorithms,
          logLevel: 'silent',
          limits: {},
          processes: 1,
          blobsDirectory: join(t.testdirName, 'blobs'),
          hostKeys: [],
          nextHostKeys: [],
          banner: '',
        },
        monitor: {} as Monitor,
        onReady: () => {
          resolveGone('ready');
          worker.kill();
        },
        onGone: resolveGone,
        onFault: (error) => faults.push(error),
      });
    });
  t.equal(await start('fips'), 'exit status 1');
  t.equal(await start('modern'), 'ready');
});

t.test('its host key is ECDSA, and one of another type that is there is left alone', (t) => {
  const directory = t.testdir();
  const config = readConfig({
    WAYBILL_DATA_DIR: join(directory, 'data'),
    WAYBILL_KEYS_DIR: join(directory, 'keys'),
    WAYBILL_ALGORITHMS: 'fips',
  });
  mkdirSync(join(directory, 'keys'));
  const { keys, made } = prepare(config);
  t.ok(made.includes(join(directory, 'keys', 'host_ecdsa')));
  t.notOk(made.includes(join(directory, 'keys', 'host_ed25519')));
  t.equal(hostKeySigner(keys.hostKey.reveal()).publicKey.type, 'ecdsa-sha2-nistp384');
  t.same(keys.otherHostKeys, []);
  const modern = prepare({ ...config, algorithms: 'modern' });
  t.equal(hostKeySigner(modern.keys.hostKey.reveal()).publicKey.type, 'ssh-ed25519');
  t.equal(modern.keys.otherHostKeys[0]?.reveal(), keys.hostKey.reveal());
  // Clients were told of the Ed25519 key, and had it prove itself by a signature that fips is not to make.
  addHostKey(config.keysDirectory, 'ed25519');
  addHostKey(config.keysDirectory, 'ecdsa');
  const again = prepare(config).keys;
  t.same(again.otherHostKeys, []);
  t.match(
    again.nextHostKeys.map((key) => hostKeySigner(key.reveal()).publicKey.type),
    ['ecdsa-sha2-nistp384'],
  );
  t.equal(prepare({ ...config, algorithms: 'modern' }).keys.nextHostKeys.length, 2);
  t.end();
});

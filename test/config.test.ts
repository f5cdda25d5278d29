import t from 'tap';
import { inspect } from 'node:util';
import { environmentSchema, readConfig } from '../server/config.ts';
import { Fault } from '../server/domain/faults.ts';
import { Secret } from '../server/domain/secret.ts';

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'configuration-invalid') throw error;
    return error.message.split('\n');
  }
}

t.test('nothing set gives the defaults', (t) => {
  t.same(readConfig({ PATH: '/bin', HOME: '/root' }), {
    dataDirectory: './data',
    keysDirectory: './keys',
    sftp: { host: '0.0.0.0', port: 2022 },
    admin: { host: '127.0.0.1', port: 8022 },
    workers: null,
    profile: 'baseline',
    logLevel: 'info',
    bannerFile: null,
  });
  t.end();
});

t.test('each variable is taken', (t) => {
  const config = readConfig({
    WAYBILL_DATA_DIR: '/srv/data',
    WAYBILL_KEYS_DIR: '/srv/keys',
    WAYBILL_SFTP_HOST: '::1',
    WAYBILL_SFTP_PORT: '22',
    WAYBILL_ADMIN_HOST: 'localhost',
    WAYBILL_ADMIN_PORT: '0',
    WAYBILL_WORKERS: '0',
    WAYBILL_PROFILE: 'pub1075',
    WAYBILL_LOG_LEVEL: 'debug',
    WAYBILL_BANNER_FILE: '/etc/banner',
  });
  t.same(config, {
    dataDirectory: '/srv/data',
    keysDirectory: '/srv/keys',
    sftp: { host: '::1', port: 22 },
    admin: { host: 'localhost', port: 0 },
    workers: 0,
    profile: 'pub1075',
    logLevel: 'debug',
    bannerFile: '/etc/banner',
  });
  t.end();
});

t.test(
  'every problem is told at once, by the name of its variable, with what was expected',
  (t) => {
    const problems = problemsOf({
      WAYBILL_SFTP_PORT: '65536',
      WAYBILL_ADMIN_PORT: 'eighty',
      WAYBILL_WORKERS: '-1',
      WAYBILL_PROFILE: 'strict',
      WAYBILL_LOG_LEVEL: 'loud',
      WAYBILL_SFTP_HOST: 'a host',
      WAYBILL_DATA_DIR: '',
      WAYBILL_SFTP_PROT: '22',
    });
    t.equal(problems.length, 8);
    for (const [index, expected] of [
      /^WAYBILL_SFTP_PORT is "65536"; expected a port from 0 to 65535/,
      /^WAYBILL_ADMIN_PORT is "eighty"; expected a port/,
      /^WAYBILL_WORKERS is "-1"; expected a number of worker processes/,
      /^WAYBILL_PROFILE is "strict"; expected one of baseline, pub1075/,
      /^WAYBILL_LOG_LEVEL is "loud"; expected one of trace, debug/,
      /^WAYBILL_SFTP_HOST is "a host"; expected an address/,
      /^WAYBILL_DATA_DIR is ""; expected a directory/,
      /^WAYBILL_SFTP_PROT is not a variable of Waybill; expected one of WAYBILL_DATA_DIR/,
    ].entries())
      t.match(problems[index], expected);
    t.end();
  },
);

t.test('the edges of what is accepted', (t) => {
  for (const port of ['0', '1', '22', '65535', '59999', '60000', '65530'])
    t.same(problemsOf({ WAYBILL_SFTP_PORT: port }), [], port);
  for (const port of [
    '',
    '-1',
    '00',
    '022',
    '65536',
    '70000',
    '1e3',
    ' 22',
    '22 ',
    '22.0',
    '0x16',
    '٢٢',
    '99999999999999999999',
  ])
    t.equal(problemsOf({ WAYBILL_SFTP_PORT: port }).length, 1, JSON.stringify(port));
  for (const workers of ['0', '1', '256'])
    t.same(problemsOf({ WAYBILL_WORKERS: workers }), [], workers);
  for (const workers of ['257', '1.5', 'two', ''])
    t.equal(problemsOf({ WAYBILL_WORKERS: workers }).length, 1, workers);
  for (const directory of ['a\0b', '\0', 'x'.repeat(4097)])
    t.equal(problemsOf({ WAYBILL_DATA_DIR: directory }).length, 1);
  t.end();
});

t.test('a variable that nobody knows is refused, also one that every object has', (t) => {
  for (const name of ['WAYBILL_', 'WAYBILL_data_dir', 'WAYBILL_SFTP_PORT2', 'WAYBILL_constructor'])
    t.match(problemsOf({ [name]: 'x' }), [/is not a variable of Waybill/], name);
  for (const name of Object.keys(environmentSchema.properties))
    t.notMatch(problemsOf({ [name]: '1' }), [/is not a variable/], name);
  t.end();
});

t.test('a secret prints as [secret] whichever way it is turned into text', (t) => {
  const secret = new Secret('hunter2');
  const ways: Readonly<Record<string, string>> = {
    String: String(secret),
    template: `of ${secret as unknown as string}`,
    plus: ['', secret].join(''),
    JSON: JSON.stringify({ secret }),
    inspect: inspect(secret),
    'inspect, deep and hidden': inspect(
      { nested: [{ secret }] },
      { depth: null, showHidden: true, getters: true },
    ),
    'inspect without custom': inspect(secret, { customInspect: false, showHidden: true }),
    'an error': inspect(new Error('x', { cause: secret })),
    entries: JSON.stringify(Object.entries(secret)),
    'own names': JSON.stringify(Reflect.ownKeys(secret).map(String)),
    'own properties': JSON.stringify(Object.fromEntries(Object.entries(secret))),
  };
  for (const [way, text] of Object.entries(ways)) t.notMatch(text, /hunter2/, way);
  for (const way of ['String', 'template', 'JSON', 'inspect'])
    t.match(ways[way], /\[secret\]/, way);
  t.throws(
    () => structuredClone({ secret, reveal: () => secret.reveal() }),
    'nor does it go to another process by accident',
  );
  t.equal(secret.reveal(), 'hunter2');
  t.end();
});

import t from 'tap';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { inspect } from 'node:util';
import { readConfig, serverVariables } from '../server/config.ts';
import { Fault } from '../server/domain/faults.ts';
import { limits, lockouts } from '../server/domain/limits.ts';
import { Secret } from '../server/domain/secret.ts';
import {
  defaultValueOf,
  type LimitVariable,
  limitVariables,
  profiles,
  rangeOf,
} from '../server/limit-variables.ts';

function problemsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'configuration-invalid') throw error;
    return error.message.split('\n');
  }
}

const nowhere = {
  syslog: null,
  webhook: null,
  caFile: null,
  certFile: null,
  keyFile: null,
  secretFile: null,
  tokenFile: null,
};

t.test('nothing set gives the defaults', (t) => {
  t.same(readConfig({ PATH: '/bin', HOME: '/root' }), {
    dataDirectory: './data',
    keysDirectory: './keys',
    sftp: { host: '0.0.0.0', port: 2022 },
    admin: { host: '127.0.0.1', port: 8022, tls: null, twoPersonActions: [] },
    workers: null,
    ledgerYears: null,
    profile: 'baseline',
    algorithms: 'modern',
    logLevel: 'info',
    bannerFile: null,
    witnessDirectory: null,
    allowedMonitors: [],
    weeks: { weekday: 'monday', timezone: 'UTC' },
    forward: nowhere,
    limits,
    lockout: lockouts.baseline,
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
    WAYBILL_ADMIN_TLS_CERT_FILE: '/etc/api.pem',
    WAYBILL_ADMIN_TLS_KEY_FILE: '/etc/api.key',
    WAYBILL_ADMIN_TLS_CLIENT_CA_FILE: '/etc/clients.pem',
    WAYBILL_TWO_PERSON_ACTIONS: 'agencies.delete, admin-keys.create',
    WAYBILL_WORKERS: '0',
    WAYBILL_LEDGER_YEARS: '8',
    WAYBILL_PROFILE: 'pub1075',
    WAYBILL_ALGORITHMS: 'pq-only',
    WAYBILL_LOG_LEVEL: 'debug',
    WAYBILL_BANNER_FILE: '/etc/banner',
    WAYBILL_WITNESS_DIR: '/mnt/witness',
    WAYBILL_ALLOWED_MONITORS: '192.0.2.9/24, 2001:DB8:0::1,,::ffff:198.51.100.1',
    WAYBILL_REVIEW_WEEKDAY: 'friday',
    WAYBILL_REVIEW_TIMEZONE: 'America/Los_Angeles',
    WAYBILL_IDLE_MINUTES: '20',
    WAYBILL_LOCK_FAILURES: '2',
  });
  t.same(config, {
    dataDirectory: '/srv/data',
    keysDirectory: '/srv/keys',
    sftp: { host: '::1', port: 22 },
    admin: {
      host: 'localhost',
      port: 0,
      tls: {
        certFile: '/etc/api.pem',
        keyFile: '/etc/api.key',
        clientCaFile: '/etc/clients.pem',
      },
      twoPersonActions: ['agencies.delete', 'admin-keys.create'],
    },
    workers: 0,
    ledgerYears: 8,
    profile: 'pub1075',
    algorithms: 'pq-only',
    logLevel: 'debug',
    bannerFile: '/etc/banner',
    witnessDirectory: '/mnt/witness',
    allowedMonitors: ['192.0.2.0/24', '2001:db8::1', '198.51.100.1'],
    weeks: { weekday: 'friday', timezone: 'America/Los_Angeles' },
    forward: nowhere,
    limits: { ...limits, idleMsMax: 1_200_000 },
    lockout: { ...lockouts.pub1075, failuresMax: 2 },
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
      WAYBILL_LEDGER_YEARS: '6',
      WAYBILL_PROFILE: 'strict',
      WAYBILL_ALGORITHMS: 'legacy-interop',
      WAYBILL_LOG_LEVEL: 'loud',
      WAYBILL_SFTP_HOST: 'a host',
      WAYBILL_DATA_DIR: '',
      WAYBILL_SFTP_PROT: '22',
    });
    t.equal(problems.length, 10);
    for (const [index, expected] of [
      /^WAYBILL_SFTP_PORT is "65536"; expected a port from 0 to 65535/,
      /^WAYBILL_ADMIN_PORT is "eighty"; expected a port/,
      /^WAYBILL_WORKERS is "-1"; expected a number of worker processes/,
      /^WAYBILL_LEDGER_YEARS is "6"; expected a number of years from 7 to 99/,
      /^WAYBILL_PROFILE is "strict"; expected one of baseline, pub1075/,
      /^WAYBILL_ALGORITHMS is "legacy-interop"; expected one of modern, pq-only, fips/,
      /^WAYBILL_LOG_LEVEL is "loud"; expected one of trace, debug/,
      /^WAYBILL_SFTP_HOST is "a host"; expected an address/,
      /^WAYBILL_DATA_DIR is ""; expected a directory/,
      /^WAYBILL_SFTP_PROT is not a variable of Waybill; expected one of WAYBILL_DATA_DIR/,
    ].entries())
      t.match(problems[index], expected);
    t.end();
  },
);

t.test('TLS of the admin API is whole or not at all', (t) => {
  t.match(problemsOf({ WAYBILL_ADMIN_TLS_CERT_FILE: '/a' }), [
    /^WAYBILL_ADMIN_TLS_KEY_FILE is not set/,
  ]);
  t.match(problemsOf({ WAYBILL_ADMIN_TLS_KEY_FILE: '/a' }), [
    /^WAYBILL_ADMIN_TLS_CERT_FILE is not set/,
  ]);
  t.equal(problemsOf({ WAYBILL_ADMIN_TLS_CLIENT_CA_FILE: '/a' }).length, 2);
  t.match(problemsOf({ WAYBILL_TWO_PERSON_ACTIONS: 'delete everything' }), [/names of actions/]);
  t.end();
});

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

t.test('limits are whole numbers of their unit, within a range', (t) => {
  for (const profile of profiles) {
    for (const [name, variable] of Object.entries<LimitVariable>(limitVariables)) {
      const { min, max } = rangeOf(variable, profile);
      const problems = (value: string | number) =>
        problemsOf({ WAYBILL_PROFILE: profile, [name]: String(value) });
      const normal = defaultValueOf(variable, profile);
      for (const value of [min, max, normal]) t.same(problems(value), [], `${name} ${value}`);
      const wrong = [min - 1, max + 1, `0${max}`, `${max}.5`, ` ${max}`, '', 'many', '-1', '1e1'];
      for (const value of wrong)
        t.match(problems(value), [
          `${name} is ${JSON.stringify(String(value))}; expected a whole number`,
        ]);
    }
  }
  t.match(problemsOf({ WAYBILL_IDLE_MINUTES: '1441' }), [
    'expected a whole number of minutes from 1 to 1440',
  ]);
  t.end();
});

t.test('each limit variable sets its own limit, and no other', (t) => {
  for (const [name, variable] of Object.entries<LimitVariable>(limitVariables)) {
    const { min, max } = rangeOf(variable, 'baseline');
    for (const value of [min, max]) {
      const config = readConfig({ [name]: String(value) });
      const changed = [
        ...Object.entries(config.limits).filter(
          ([limit, set]) => set !== limits[limit as keyof typeof limits],
        ),
        ...Object.entries(config.lockout)
          .filter(([limit, set]) => set !== lockouts.baseline[limit as 'lockMs'])
          .map(([limit, set]) => [`lockout.${limit}`, set]),
      ];
      const factor = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, count: 1 }[variable.unit];
      t.same(
        changed,
        value === defaultValueOf(variable, 'baseline') ? [] : [[variable.limit, value * factor]],
        `${name} ${value}`,
      );
    }
  }
  t.end();
});

// Publication 1075 sets bounds, not proposals: an operator may be stricter.
t.test('the profile pub1075 cannot be loosened', (t) => {
  const loose: Readonly<Record<string, string>> = {
    WAYBILL_IDLE_MINUTES: '31',
    WAYBILL_SESSION_HOURS: '13',
    WAYBILL_LOCK_FAILURES: '4',
    WAYBILL_LOCK_WINDOW_MINUTES: '119',
    WAYBILL_LOCK_MINUTES: '14',
  };
  t.same(problemsOf(loose), []);
  const problems = problemsOf({ ...loose, WAYBILL_PROFILE: 'pub1075' });
  t.equal(problems.length, Object.keys(loose).length);
  for (const problem of problems) t.match(problem, / under the profile pub1075$/);
  t.end();
});

t.test('allowed monitors are addresses and blocks', (t) => {
  const problems = (list: string) => problemsOf({ WAYBILL_ALLOWED_MONITORS: list });
  t.same(problems(''), []);
  t.same(problems('192.0.2.1,10.0.0.0/8'), []);
  t.match(problems('192.0.2.1, monitor.example'), [
    /expected addresses and CIDR blocks with commas between them, and "monitor\.example" is neither/,
  ]);
  t.equal(problems('192.0.2.1/33').length, 1);
  t.match(
    problems(Array.from({ length: 257 }, (_, index) => `10.0.${index >> 8}.${index & 255}`).join()),
    [/at most 256/],
  );
  t.end();
});

/** Not of the server, but told of in the manual. */
const commandLineVariables = [
  'WAYBILL_URL',
  'WAYBILL_API_KEY',
  'WAYBILL_API_KEY_FILE',
  'WAYBILL_BACKUP_KEY_FILE',
  'WAYBILL_TEST_CLIENTS',
];

// docs/OPERATIONS.md and the table of variables are the same.
t.test('the manual has every variable with its default and range', (t) => {
  const root = resolve(import.meta.dirname, '../..');
  const read = (file: string) => readFileSync(resolve(root, file), 'utf8').replace(/ +/g, ' ');
  const manual = read('docs/OPERATIONS.md') + read('docs/ADMIN-API.md');
  const readme = read('README.md');
  for (const [name, variable] of Object.entries<LimitVariable>(limitVariables))
    t.ok(manual.includes(rowOf(name, variable)), rowOf(name, variable));
  for (const [, name] of `${manual}${readme}`.matchAll(/`(WAYBILL_[A-Z_]+)`/g))
    t.ok([...serverVariables, ...commandLineVariables].includes(name!), `${name} exists`);
  for (const name of serverVariables)
    t.ok(`${manual}${readme}`.includes(`\`${name}\``), `${name} is told of`);
  t.end();
});

function rowOf(name: string, variable: LimitVariable): string {
  const of = (text: (profile: (typeof profiles)[number]) => string) => {
    const [baseline, pub1075] = profiles.map(text);
    return baseline === pub1075 ? baseline : `${baseline} (\`pub1075\`: ${pub1075})`;
  };
  const normal = of((profile) => String(defaultValueOf(variable, profile)));
  const range = of((profile) => {
    const { min, max } = rangeOf(variable, profile);
    return `${min} to ${max}`;
  });
  return `| \`${name}\` | ${normal} | ${range} | ${variable.what} |`;
}

t.test('a variable that nobody knows is refused, also one that every object has', (t) => {
  for (const name of ['WAYBILL_', 'WAYBILL_data_dir', 'WAYBILL_SFTP_PORT2', 'WAYBILL_constructor'])
    t.match(problemsOf({ [name]: 'x' }), [/is not a variable of Waybill/], name);
  for (const name of serverVariables)
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

t.test('an allow-list that covers a good part of the internet is refused', (t) => {
  for (const blocks of ['0.0.0.0/0', '192.0.2.1, 8.0.0.0/7', '::/0', '2001::/16'])
    t.throws(() => readConfig({ WAYBILL_ALLOWED_MONITORS: blocks }), { message: /none wider/ });
  t.same(readConfig({ WAYBILL_ALLOWED_MONITORS: '10.0.0.0/8' }).allowedMonitors, ['10.0.0.0/8']);
  t.end();
});

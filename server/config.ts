import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { serverAlgorithmProfiles, type ServerAlgorithmProfile } from './domain/algorithms.ts';
import { canonicalCidr } from './domain/addresses.ts';
import { Fault } from './domain/faults.ts';
import type { Limits, Lockout } from './domain/limits.ts';
import {
  type ForwardSettings,
  type ForwardVariableName,
  forwardSettingsOf,
  forwardVariables,
  problemOfForward,
  problemsOfForwards,
} from './forward-variables.ts';
import { type WeekRule, weekdays } from './reports/weeks.ts';
import { isTimeZone } from './retention/schedule.ts';
import {
  type LimitVariableName,
  type Profile,
  limitVariables,
  limitsFrom,
  problemOf,
  profiles,
} from './limit-variables.ts';

/** Text as it stands in the environment, with what is accepted in words: an error repeats them. */
function text(pattern: string, description: string): TSchema {
  return Type.Optional(Type.String({ pattern, description }));
}

const port =
  '^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}|0)$';
const host = '^[0-9A-Za-z.:-]{1,253}$';
const directory = '^[^\\u0000]{1,4096}$';
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const allowedMonitorsMax = 256;

/** Every variable the server reads (DESIGN.md section 4) but for those that set limits. */
const environmentSchema = Type.Object(
  {
    WAYBILL_DATA_DIR: text(directory, 'a directory'),
    WAYBILL_KEYS_DIR: text(directory, 'a directory'),
    WAYBILL_SFTP_HOST: text(host, 'an address or host name to listen on'),
    WAYBILL_SFTP_PORT: text(port, 'a port from 0 to 65535 (0 takes a free one)'),
    WAYBILL_ADMIN_HOST: text(host, 'an address or host name to listen on'),
    WAYBILL_ADMIN_PORT: text(port, 'a port from 0 to 65535 (0 takes a free one)'),
    WAYBILL_ADMIN_TLS_CERT_FILE: text(directory, 'a PEM file with a certificate and its chain'),
    WAYBILL_ADMIN_TLS_KEY_FILE: text(directory, 'a PEM file with the private key'),
    WAYBILL_ADMIN_TLS_CLIENT_CA_FILE: text(
      directory,
      'a PEM file with the authorities of client certificates',
    ),
    WAYBILL_TWO_PERSON_ACTIONS: text(
      '^ *([a-z-]+(\\.[a-z-]+)+( *, *|$))* *$',
      'names of actions such as agencies.delete with commas between them',
    ),
    WAYBILL_LEDGER_YEARS: text(
      '^([7-9]|[1-9][0-9])$',
      'a number of years from 7 to 99: rows of the ledger are kept at hand for seven years at the least',
    ),
    WAYBILL_WORKERS: text(
      '^([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-6])$',
      'a number of worker processes from 0 to 256',
    ),
    WAYBILL_PROFILE: text(`^(${profiles.join('|')})$`, `one of ${profiles.join(', ')}`),
    WAYBILL_ALGORITHMS: text(
      `^(${serverAlgorithmProfiles.join('|')})$`,
      `one of ${serverAlgorithmProfiles.join(', ')}`,
    ),
    WAYBILL_LOG_LEVEL: text(`^(${levels.join('|')})$`, `one of ${levels.join(', ')}`),
    WAYBILL_BANNER_FILE: text(directory, 'a text file'),
    WAYBILL_WITNESS_DIR: text(directory, 'a directory'),
    WAYBILL_ALLOWED_MONITORS: text('', 'addresses and CIDR blocks with commas between them'),
    WAYBILL_REVIEW_WEEKDAY: text(`^(${weekdays.join('|')})$`, `one of ${weekdays.join(', ')}`),
    WAYBILL_REVIEW_TIMEZONE: text('', 'a time zone such as America/Los_Angeles or UTC'),
    // The command line's own; a server started beside them must not stumble over them.
    WAYBILL_URL: text('', 'the admin API'),
    WAYBILL_API_KEY: text('', 'an API key'),
    WAYBILL_API_KEY_FILE: text('', 'a file with an API key'),
    WAYBILL_BACKUP_KEY_FILE: text('', 'a file with a key for backups'),
    WAYBILL_TEST_CLIENTS: text('', 'whether tests need their clients'),
  },
  { additionalProperties: false },
);

type Environment = Partial<
  Record<keyof Static<typeof environmentSchema> | LimitVariableName, string>
>;

export type AdminTlsFiles = {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile: string | null;
};

export type Config = {
  readonly dataDirectory: string;
  readonly keysDirectory: string;
  readonly sftp: { readonly host: string; readonly port: number };
  readonly admin: {
    readonly host: string;
    readonly port: number;
    /** PEM files; null is plain HTTP. With `clientCaFile`, a client has to show a certificate. */
    readonly tls: AdminTlsFiles | null;
    /** Actions that take two administrators. */
    readonly twoPersonActions: readonly string[];
  };
  /** Null: one per core. */
  readonly workers: number | null;
  /** Rows of the ledger that are older are archived; null: none are, unless by hand. */
  readonly ledgerYears: number | null;
  readonly profile: Profile;
  /** What SSH clients are offered, but for addresses with a grant. */
  readonly algorithms: ServerAlgorithmProfile;
  readonly logLevel: string;
  /** Text shown before login in place of the default. */
  readonly bannerFile: string | null;
  /** Where checkpoints of the ledger are written for somebody else to keep; null for nowhere. */
  readonly witnessDirectory: string | null;
  /** Addresses and CIDR blocks, canonical, that are refused for nothing but the total of connections. */
  readonly allowedMonitors: readonly string[];
  /** When the weeks begin that are reviewed. */
  readonly weeks: WeekRule;
  /** Where the ledger goes as it grows. */
  readonly forward: ForwardSettings;
  readonly limits: Limits;
  readonly lockout: Lockout;
};

/**
 * The configuration from `WAYBILL_*` variables.
 *
 * @throws Fault `configuration-invalid` that lists every problem at once, by variable, with what was expected
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const own = Object.fromEntries(
    Object.entries(environment).filter(([name]) => name.startsWith('WAYBILL_')),
  );
  const problems = problemsOf(own);
  if (problems.length > 0) throw new Fault('configuration-invalid', problems.join('\n'));
  const given = own as Environment;
  const profile = profileOf(own);
  return {
    dataDirectory: given.WAYBILL_DATA_DIR ?? './data',
    keysDirectory: given.WAYBILL_KEYS_DIR ?? './keys',
    sftp: {
      host: given.WAYBILL_SFTP_HOST ?? '0.0.0.0',
      port: Number(given.WAYBILL_SFTP_PORT ?? 2022),
    },
    admin: {
      host: given.WAYBILL_ADMIN_HOST ?? '127.0.0.1',
      port: Number(given.WAYBILL_ADMIN_PORT ?? 8022),
      tls: adminTlsOf(given),
      twoPersonActions: itemsIn(given.WAYBILL_TWO_PERSON_ACTIONS),
    },
    ledgerYears:
      given.WAYBILL_LEDGER_YEARS === undefined ? null : Number(given.WAYBILL_LEDGER_YEARS),
    workers: given.WAYBILL_WORKERS === undefined ? null : Number(given.WAYBILL_WORKERS),
    profile,
    algorithms: (given.WAYBILL_ALGORITHMS ?? 'modern') as ServerAlgorithmProfile,
    logLevel: given.WAYBILL_LOG_LEVEL ?? 'info',
    bannerFile: given.WAYBILL_BANNER_FILE ?? null,
    witnessDirectory: given.WAYBILL_WITNESS_DIR ?? null,
    allowedMonitors: itemsIn(given.WAYBILL_ALLOWED_MONITORS).map((block) => canonicalCidr(block)!),
    weeks: {
      weekday: weekdays.find((day) => day === given.WAYBILL_REVIEW_WEEKDAY) ?? 'monday',
      timezone: given.WAYBILL_REVIEW_TIMEZONE ?? 'UTC',
    },
    forward: forwardSettingsOf(own),
    ...limitsFrom(given, profile),
  };
}

function adminTlsOf(given: Environment): AdminTlsFiles | null {
  const certFile = given.WAYBILL_ADMIN_TLS_CERT_FILE;
  const keyFile = given.WAYBILL_ADMIN_TLS_KEY_FILE;
  if (certFile === undefined || keyFile === undefined) return null;
  return { certFile, keyFile, clientCaFile: given.WAYBILL_ADMIN_TLS_CLIENT_CA_FILE ?? null };
}

/** A half would be plain HTTP where somebody meant TLS. */
function problemsOfAdminTls(given: Environment): readonly string[] {
  const needed = ['WAYBILL_ADMIN_TLS_CERT_FILE', 'WAYBILL_ADMIN_TLS_KEY_FILE'] as const;
  const isWanted = [...needed, 'WAYBILL_ADMIN_TLS_CLIENT_CA_FILE' as const].some(
    (name) => given[name] !== undefined,
  );
  if (!isWanted) return [];
  return needed
    .filter((name) => given[name] === undefined)
    .map((name) => `${name} is not set; expected a PEM file, as the API is to speak TLS`);
}

/** A monitor stands somewhere; what covers a good part of the internet is a mistake. */
function isTooWide(block: string): boolean {
  const canonical = canonicalCidr(block) ?? block;
  const prefix = /\/(\d+)$/.exec(canonical)?.[1];
  return prefix !== undefined && Number(prefix) < (canonical.includes(':') ? 32 : 8);
}

function profileOf(environment: Readonly<Record<string, string | undefined>>): Profile {
  return environment['WAYBILL_PROFILE'] === 'pub1075' ? 'pub1075' : 'baseline';
}

function itemsIn(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function problemsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const profile = profileOf(environment);
  const problems = Object.entries(environment).flatMap(([name, value = '']) => {
    if (isForwardVariable(name)) {
      const expected = problemOfForward(name, value);
      // A URL may hold what is nobody's business.
      return expected === null ? [] : [`${name} cannot be used; expected ${expected}`];
    }
    if (!isVariable(name))
      return [
        `${name} is not a variable of Waybill; expected one of ${serverVariables.join(', ')}`,
      ];
    const expected = isLimitVariable(name)
      ? problemOf(name, value, profile)
      : problemOfOther(name, value);
    return expected === null ? [] : [`${name} is ${JSON.stringify(value)}; expected ${expected}`];
  });
  return [...problems, ...problemsOfAdminTls(environment), ...problemsOfForwards(environment)];
}

function problemOfOther(name: keyof typeof schemas, value: string): string | null {
  const schema: TSchema & { description?: string } = schemas[name];
  if (name === 'WAYBILL_ALLOWED_MONITORS') {
    const blocks = itemsIn(value);
    if (blocks.length > allowedMonitorsMax) return `at most ${allowedMonitorsMax} of them`;
    const wrong = blocks.find((block) => canonicalCidr(block) === undefined);
    if (wrong !== undefined)
      return `${schema.description}, and ${JSON.stringify(wrong)} is neither`;
    const wide = blocks.find(isTooWide);
    return wide === undefined
      ? null
      : `${schema.description}, none wider than /8 (IPv6 /32): ${wide} would let nearly everybody in past the limits`;
  }
  if (name === 'WAYBILL_REVIEW_TIMEZONE')
    return isTimeZone(value) ? null : (schema.description ?? 'a time zone');
  return Value.Check(schema, value) ? null : (schema.description ?? 'something else');
}

const schemas = environmentSchema.properties;

function isLimitVariable(name: string): name is LimitVariableName {
  return Object.hasOwn(limitVariables, name);
}

function isForwardVariable(name: string): name is ForwardVariableName {
  return Object.hasOwn(forwardVariables, name);
}

function isVariable(name: string): name is keyof typeof schemas | LimitVariableName {
  return Object.hasOwn(schemas, name) || isLimitVariable(name);
}

const commandLineVariables = [
  'WAYBILL_URL',
  'WAYBILL_API_KEY',
  'WAYBILL_API_KEY_FILE',
  'WAYBILL_BACKUP_KEY_FILE',
  'WAYBILL_TEST_CLIENTS',
];

/** As an operator may set them. */
export const serverVariables: readonly string[] = [
  ...Object.keys(schemas).filter((name) => !commandLineVariables.includes(name)),
  ...Object.keys(forwardVariables),
  ...Object.keys(limitVariables),
];

import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { Fault } from './domain/faults.ts';

/** Text as it stands in the environment, with what is accepted in words: an error repeats them. */
function text(pattern: string, description: string): TSchema {
  return Type.Optional(Type.String({ pattern, description }));
}

const port =
  '^(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}|0)$';
const host = '^[0-9A-Za-z.:-]{1,253}$';
const directory = '^[^\\u0000]{1,4096}$';
const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const profiles = ['baseline', 'pub1075'];

/** Every variable the server reads (DESIGN.md section 4). */
export const environmentSchema = Type.Object(
  {
    WAYBILL_DATA_DIR: text(directory, 'a directory'),
    WAYBILL_KEYS_DIR: text(directory, 'a directory'),
    WAYBILL_SFTP_HOST: text(host, 'an address or host name to listen on'),
    WAYBILL_SFTP_PORT: text(port, 'a port from 0 to 65535 (0 takes a free one)'),
    WAYBILL_ADMIN_HOST: text(host, 'an address or host name to listen on'),
    WAYBILL_ADMIN_PORT: text(port, 'a port from 0 to 65535 (0 takes a free one)'),
    WAYBILL_WORKERS: text(
      '^([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-6])$',
      'a number of worker processes from 0 to 256',
    ),
    WAYBILL_PROFILE: text(`^(${profiles.join('|')})$`, `one of ${profiles.join(', ')}`),
    WAYBILL_LOG_LEVEL: text(`^(${levels.join('|')})$`, `one of ${levels.join(', ')}`),
    WAYBILL_BANNER_FILE: text(directory, 'a text file'),
    // The command line's own; a server started beside them must not stumble over them.
    WAYBILL_URL: text('', 'the admin API'),
    WAYBILL_API_KEY: text('', 'an API key'),
    WAYBILL_API_KEY_FILE: text('', 'a file with an API key'),
    WAYBILL_TEST_CLIENTS: text('', 'whether tests need their clients'),
  },
  { additionalProperties: false },
);

type Environment = Partial<Record<keyof Static<typeof environmentSchema>, string>>;

export type Config = {
  readonly dataDirectory: string;
  readonly keysDirectory: string;
  readonly sftp: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number };
  /** Null: one per core. */
  readonly workers: number | null;
  readonly profile: 'baseline' | 'pub1075';
  readonly logLevel: string;
  /** Text shown before login in place of the default. */
  readonly bannerFile: string | null;
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
    },
    workers: given.WAYBILL_WORKERS === undefined ? null : Number(given.WAYBILL_WORKERS),
    profile: given.WAYBILL_PROFILE === 'pub1075' ? 'pub1075' : 'baseline',
    logLevel: given.WAYBILL_LOG_LEVEL ?? 'info',
    bannerFile: given.WAYBILL_BANNER_FILE ?? null,
  };
}

function problemsOf(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const schemas: Readonly<Record<string, TSchema>> = environmentSchema.properties;
  return Object.entries(environment).flatMap(([name, value]) => {
    const schema = schemas[name];
    if (schema === undefined)
      return [
        `${name} is not a variable of Waybill; expected one of ${serverVariables.join(', ')}`,
      ];
    const { description } = schema as { description?: string };
    return Value.Check(schema, value)
      ? []
      : [`${name} is ${JSON.stringify(value)}; expected ${description ?? 'something else'}`];
  });
}

const serverVariables = Object.keys(environmentSchema.properties).filter(
  (name) =>
    !['WAYBILL_URL', 'WAYBILL_API_KEY', 'WAYBILL_API_KEY_FILE', 'WAYBILL_TEST_CLIENTS'].includes(
      name,
    ),
);

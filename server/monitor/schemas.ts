import { Type } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { closeReasons } from '../domain/authentication.ts';
import { limits } from '../domain/limits.ts';
import type { Monitor } from './verbs.ts';
import type { Vitals } from './vitals.ts';

/** What a worker process may say, verb by verb: the arguments in order. A worker that says anything else is broken. */

const closed = { additionalProperties: false } as const;
const id = Type.String({ maxLength: 64 });
const text = (maxLength: number) => Type.String({ maxLength });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const bytes = Type.Unsafe<Uint8Array>(
  Type.Refine(Type.Unknown(), (value) => value instanceof Uint8Array),
);
const contentBytesMax = limits.inlineBytesMax + 1024;
/** A path is parsed again anyway; this only bounds it. */
const path = text(4096);

const algorithms = Type.Record(text(32), text(64), { maxProperties: 16 });
const source = Type.Object({ address: text(64), port: count }, closed);

const proof = Type.Union([
  Type.Object({ kind: Type.Literal('none') }, closed),
  Type.Object({ kind: Type.Literal('offer'), algorithm: text(64), keyBlob: bytes }, closed),
  Type.Object(
    {
      kind: Type.Literal('signature'),
      algorithm: text(64),
      keyBlob: bytes,
      signature: bytes,
      hardware: Type.Optional(
        Type.Object(
          {
            flags: Type.Integer({ minimum: 0, maximum: 0xff }),
            counter: Type.Integer({ minimum: 0, maximum: 0xffff_ffff }),
          },
          closed,
        ),
      ),
      signed: bytes,
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('password'), password: text(4096) }, closed),
  Type.Object(
    { kind: Type.Literal('password-change'), password: text(4096), newPassword: text(4096) },
    closed,
  ),
  Type.Object({ kind: Type.Literal('interactive') }, closed),
  Type.Object(
    { kind: Type.Literal('answers'), answers: Type.Array(text(4096), { maxItems: 4 }) },
    closed,
  ),
  Type.Object({ kind: Type.Literal('unusable'), method: text(4096) }, closed),
]);

const change = Type.Object(
  {
    size: Type.Optional(Type.Number()),
    mode: Type.Optional(Type.Number()),
    accessedAtMs: Type.Optional(Type.Number()),
    modifiedAtMs: Type.Optional(Type.Number()),
  },
  closed,
);

const flags = Type.Object(
  {
    read: Type.Boolean(),
    write: Type.Boolean(),
    append: Type.Boolean(),
    create: Type.Boolean(),
    truncate: Type.Boolean(),
    exclusive: Type.Boolean(),
  },
  closed,
);

/** Stored bytes for the database; their exact length is looked at where the size is known. */
const content = Type.Union([
  Type.Unsafe<Uint8Array>(
    Type.Refine(
      Type.Unknown(),
      (value) => value instanceof Uint8Array && value.length <= contentBytesMax,
    ),
  ),
  Type.Null(),
]);

const report = Type.Union([
  Type.Object({ kind: Type.Literal('read'), bytesRead: count, whole: Type.Boolean() }, closed),
  Type.Object(
    {
      kind: Type.Literal('received'),
      size: count,
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      root: bytes,
      content,
      bytesWritten: count,
      bytesRead: count,
      change,
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('unchanged'), bytesRead: count, change }, closed),
  Type.Object(
    { kind: Type.Literal('partial'), size: count, content, bytesWritten: count, bytesRead: count },
    closed,
  ),
]);

const onlyPath = (kind: string) => Type.Object({ kind: Type.Literal(kind), path }, closed);
const withChange = (kind: string) =>
  Type.Object({ kind: Type.Literal(kind), path, change }, closed);

const request = Type.Union([
  Type.Object({ kind: Type.Literal('open'), path, flags, change }, closed),
  Type.Object({ kind: Type.Literal('close'), openId: id, report }, closed),
  Type.Object({ kind: Type.Literal('keep'), openId: id, content }, closed),
  onlyPath('stat'),
  withChange('setstat'),
  Type.Object(
    {
      kind: Type.Literal('list'),
      path,
      after: Type.Union([text(1024), Type.Null()]),
      entriesMax: Type.Integer({ minimum: 1, maximum: 10_000 }),
    },
    closed,
  ),
  onlyPath('remove'),
  withChange('mkdir'),
  onlyPath('rmdir'),
  Type.Object(
    { kind: Type.Literal('rename'), from: path, to: path, replace: Type.Boolean() },
    closed,
  ),
  onlyPath('space'),
]);

const argumentsOf = {
  signExchange: Type.Tuple([id, bytes, text(64)]),
  proveHostKeys: Type.Tuple([id, Type.Array(bytes, { minItems: 1, maxItems: 16 })]),
  connectionOpened: Type.Tuple([
    Type.Object({ connectionId: id, source, client: text(255), algorithms }, closed),
  ]),
  authenticate: Type.Tuple([
    Type.Object({ connectionId: id, username: text(4096), proof }, closed),
  ]),
  connectionClosed: Type.Tuple([
    Type.Object(
      {
        connectionId: id,
        reason: Type.Union(closeReasons.map((reason) => Type.Literal(reason))),
        operations: Type.Record(text(64), count, { maxProperties: 64 }),
        bytesRead: count,
        bytesWritten: count,
      },
      closed,
    ),
  ]),
  request: Type.Tuple([id, request]),
  refused: Type.Tuple([
    id,
    Type.Object({ operation: text(1024), path: text(4096), code: text(64) }, closed),
  ]),
  progress: Type.Tuple([
    id,
    Type.Object(
      {
        bytesRead: count,
        bytesWritten: count,
        files: Type.Array(Type.Object({ openId: id, bytes: count }, closed), { maxItems: 1024 }),
      },
      closed,
    ),
  ]),
} satisfies Readonly<Record<keyof Monitor, unknown>>;

/** Sums of it stay numbers: what the metrics add up of many workers must not come to more than a number can be. */
const amount = Type.Number({ minimum: 0, maximum: 1e12 });
const vitals = Compile(
  Type.Object(
    {
      loopDelay: Type.Object({ p50Ms: amount, p99Ms: amount, maxMs: amount }, closed),
      residentBytes: count,
      cpuSeconds: amount,
      paceWaits: count,
      paceWaitMs: amount,
    },
    closed,
  ),
);

/** Whether that is what a worker process may answer to a ping. */
export function isVitals(told: unknown): told is Vitals {
  return vitals.Check(told);
}

const validators = new Map<string, Pick<Validator, 'Check'>>(
  Object.entries(argumentsOf).map(([verb, schema]) => [verb, Compile(schema)]),
);

/** Whether a worker process may say that: a verb of `Monitor` with arguments of its shape. */
export function isSayable(verb: string, args: unknown): verb is keyof Monitor {
  return validators.get(verb)?.Check(args) === true;
}

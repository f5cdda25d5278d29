import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import { hasScope } from '../../server/accounts/admin-scopes.ts';
import type { RowOutcome } from '../../server/accounts/import-rows.ts';
import type { UserImportReport } from '../../server/accounts/user-import.ts';
import { Fault, faultTexts, type FaultCode } from '../../server/domain/faults.ts';
import { boundAgencyOf } from '../agency-bound.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { Places } from '../places.ts';
import { closed, problems, reference } from '../schemas.ts';
import { readUserFile } from '../user-file.ts';
import { compileValidator } from '../validation.ts';

const forms = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson' } as const;

const RowReport = Type.Object({
  row: Type.Integer({
    description: 'as a spreadsheet counts: the first row is the header; in NDJSON the line',
  }),
  username: Type.String(),
  outcome: Type.Enum(['created', 'unchanged', 'refused'], {
    description: 'created: the user, or keys of a user who is there',
  }),
  keysAdded: Type.Integer(),
  problem: Type.Union(
    [
      Type.Object({
        code: Type.Enum(Object.keys(faultTexts) as FaultCode[]),
        detail: Type.String(),
        errors: Type.Array(
          Type.Object({
            pointer: Type.String({ description: 'into the row' }),
            detail: Type.String(),
          }),
        ),
      }),
      Type.Null(),
    ],
    { description: 'why the row was refused' },
  ),
});

export const UserImportSchema = Type.Object(
  {
    dryRun: Type.Boolean(),
    atomic: Type.Boolean(),
    applied: Type.Boolean({
      description:
        'false after a dry run, and where a row of an atomic import was refused: then nothing was changed, and outcomes are what would have been',
    }),
    rows: Type.Integer(),
    created: Type.Integer(),
    unchanged: Type.Integer(),
    refused: Type.Integer(),
    items: Type.Array(RowReport, { description: 'one for each row of the file, in its order' }),
  },
  { $id: 'UserImport', description: 'What became of each row of a file of users' },
);

const ImportQuery = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({ default: false, description: 'true: change nothing, and say what would be' }),
    ),
    atomic: Type.Optional(
      Type.Boolean({ default: false, description: 'true: all rows or none, of 500 at most' }),
    ),
  },
  closed,
);

const csv = Type.String({
  description:
    'RFC 4180, UTF-8, with the names of the columns first: username, agency, displayName, loginMethods (ways with ; between them, such as publickey+password;publickey), allowedCidrs (with ; between them), expiresAt, quotaBytes, maxSessions, publicKey, keyLabel, keyExpiresAt. An empty cell is one that is not given. Several keys of a user are several rows',
  examples: [
    'username,agency,displayName,publicKey\r\namy,alameda,Amy Ortiz,ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDIWtjVDAR1mDVwEHo5tG4DVZcFVnI1fXV0v7dlZXb8P\r\n',
  ],
});
const ndjson = Type.String({
  description:
    'one object a line, with the fields of the CSV columns as JSON, and `keys`, a list of {publicKey, label, expiresAt}',
  examples: ['{"username":"amy","agency":"alameda","displayName":"Amy Ortiz"}\n'],
});

export function userImportRoutes(app: AdminApp, { accounts, limits }: AdminApiParts): void {
  // Apart from the others, so that these forms are taken here alone, and no other form is.
  void app.register(async (own: AdminApp) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser(Object.keys(forms), { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    // What came is bytes, and the file's reader says what is wrong with them.
    own.setValidatorCompiler<TSchema>((route) =>
      route.httpPart === 'body' ? (value: unknown) => ({ value }) : compileValidator(route),
    );
    const during = limitImports(own, limits);
    own.post(
      '/v1/users/imports',
      {
        config: {
          scope: 'users:write',
          refusals: ['agency-not-allowed', 'memory-short'],
          agency: 'own',
          waitsOnlyWith: { atomic: true },
          isRead: ({ query }) => (query as Static<typeof ImportQuery>).dryRun === true,
        },
        bodyLimit: limits.importBodyBytesMax,
        schema: {
          operationId: 'importUsers',
          tags: ['users'],
          summary:
            'Make the users and keys of a file that are not there yet; nobody who is there is changed, so the same file again does nothing. Rows with keys need keys:write, too',
          querystring: ImportQuery,
          consumes: Object.keys(forms),
          body: {
            content: { 'text/csv': { schema: csv }, 'application/x-ndjson': { schema: ndjson } },
          },
          response: { 200: reference(UserImportSchema), ...problems },
        },
      },
      (request) =>
        during(request, async () => {
          const { dryRun = false, atomic = false } = request.query;
          const bytes: unknown = request.body;
          const form = formOf(request.headers['content-type']);
          if (!Buffer.isBuffer(bytes) || form === undefined)
            throw new Fault('media-type-unsupported', `send ${Object.keys(forms).join(' or ')}`);
          const rows = await readUserFile({ bytes, form, rowsMax: limits.importRowsMax });
          const hasKeys = rows.some((row) => 'keys' in row && row.keys.length > 0);
          if (hasKeys) requireKeysScope(request);
          const report = await accounts.importUsers(originOf(request), rows, {
            dryRun,
            atomic,
            boundTo: boundAgencyOf(request) ?? null,
            sha256: createHash('sha256').update(bytes).digest('hex'),
          });
          return shown(report, { dryRun, atomic });
        }),
    );
  });
}

/** Of who asks, and of who approves it where it takes two. @throws Fault `scope-missing` */
function requireKeysScope({ administrator, approvedBy }: FastifyRequest): void {
  for (const key of [administrator, approvedBy ?? administrator])
    if (key === null || !hasScope(key, 'keys:write'))
      throw new Fault('scope-missing', 'the API key does not carry the scope keys:write');
}

/**
 * Lets so many requests in at once, before anything of their bodies is read: a body is held whole, and its rows with it.
 *
 * @returns what a handler works in, as it goes on when the caller has hung up
 */
function limitImports(
  app: AdminApp,
  { importsAtOnceMax: max, importsPerKeyMax: perKeyMax }: AdminApiParts['limits'],
) {
  const places = new Places({ max, perKeyMax, full: 'memory-short', what: 'imports' });
  const held = new WeakMap<FastifyRequest, () => void>();
  const carriedOut = new WeakSet<FastifyRequest>();
  app.addHook('onRequest', async (request, reply) => {
    const release = places.take(request.administrator?.id ?? '');
    held.set(request, release);
    const letGo = () => {
      if (!carriedOut.has(request)) release();
    };
    reply.raw.once('finish', letGo).once('close', letGo);
  });
  return async <Result>(request: FastifyRequest, work: () => Promise<Result>): Promise<Result> => {
    carriedOut.add(request);
    try {
      return await work();
    } finally {
      held.get(request)?.();
    }
  };
}

function formOf(contentType = ''): 'csv' | 'ndjson' | undefined {
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  return Object.entries(forms).find(([name]) => name === type)?.[1];
}

function shown(
  { applied, outcomes }: UserImportReport,
  options: { readonly dryRun: boolean; readonly atomic: boolean },
): Static<typeof UserImportSchema> {
  const count = (wanted: RowOutcome['outcome']) =>
    outcomes.filter(({ outcome }) => outcome === wanted).length;
  return {
    ...options,
    applied,
    rows: outcomes.length,
    created: count('created'),
    unchanged: count('unchanged'),
    refused: count('refused'),
    items: outcomes.map(({ problem, ...row }) => ({
      ...row,
      problem:
        problem === null
          ? null
          : { ...problem, errors: problem.errors.map((error) => ({ ...error })) },
    })),
  };
}

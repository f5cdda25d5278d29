import { toBuffer } from 'qrcode';
import { Type, type Static } from 'typebox';
import { totpStates, type SecondFactor } from '../../server/accounts/second-factor-list.ts';
import { agencyOfUser } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, placeIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import {
  closed,
  noContent,
  pageOf,
  pageQuery,
  problems,
  reference,
  timeOrNull,
} from '../schemas.ts';
import { isoOf } from '../times.ts';
import { userResource } from './users.ts';

export const SecondFactorSchema = Type.Object(
  {
    username: Type.String(),
    agency: Type.String(),
    state: Type.Enum([...totpStates], {
      description: 'pending: a secret was made, and no code of it was given yet',
    }),
    askedFor: Type.Boolean({ description: 'one of the ways to log in takes a one-time code' }),
    confirmedAt: timeOrNull,
    lastUsedAt: timeOrNull,
    driftSteps: Type.Integer({
      description: 'by how many steps of 30 s the authenticator was ahead when it was used last',
    }),
    recoveryCodesLeft: Type.Integer(),
    blocked: Type.Boolean({
      description: '100 codes were wrong in a row: until a recovery code was used none is taken',
    }),
  },
  { $id: 'SecondFactor', description: 'The one-time codes of a user' },
);
const SecondFactorRef = reference(SecondFactorSchema);

export const TotpEnrolmentSchema = Type.Object(
  {
    username: Type.String(),
    secret: Type.String({ description: 'base32, to be typed; shown this once' }),
    uri: Type.String({
      description: 'otpauth URI, as a QR code holds it',
      examples: ['otpauth://totp/Waybill:amy?issuer=Waybill&secret=JBSWY3DPEHPK3PXP'],
    }),
    qrCodePng: Type.String({
      description: 'a PNG of the QR code, base64',
      examples: ['iVBORw0KGgoAAAANSUhEUgAA'],
    }),
  },
  { $id: 'TotpEnrolment', description: 'A secret for an authenticator' },
);
const RecoveryCodes = Type.Object({
  recoveryCodes: Type.Array(Type.String(), {
    description: 'each good once in place of a one-time code; shown this once',
  }),
});

const params = Type.Object({ username: Type.String() });
const Confirmation = Type.Object(
  { code: Type.String({ maxLength: 16, description: 'what the authenticator shows' }) },
  closed,
);
const tags = ['second-factors'];

export function secondFactorRoutes(app: AdminApp, { accounts }: AdminApiParts): void {
  const ofAgency = agencyOfUser(accounts);
  const change = { scope: 'passwords:write', agency: ofAgency, resource: userResource } as const;
  app.get(
    '/v1/second-factors',
    {
      config: { scope: 'users:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listSecondFactors',
        tags,
        summary: 'Who has one-time codes and who has none, in the order of user names',
        querystring: Type.Object(
          {
            agency: Type.Optional(Type.String()),
            state: Type.Optional(Type.Enum([...totpStates])),
            ...pageQuery,
          },
          closed,
        ),
        response: { 200: pageOf(SecondFactorRef), ...problems },
      },
    },
    async ({ query: { limit = pageItemsDefault, cursor, ...filter } }) => {
      const [after] = placeIn('second factors', cursor, ['string']) ?? [null];
      const { items, next } = await accounts.listSecondFactors({ limit, after, ...filter });
      return {
        items: items.map(shown),
        nextCursor: cursorAt('second factors', next === null ? null : [next]),
      };
    },
  );
  app.get(
    '/v1/users/:username/totp',
    {
      config: { scope: 'users:read', agency: ofAgency },
      schema: {
        operationId: 'getSecondFactor',
        tags,
        summary: 'The one-time codes of a user',
        params,
        response: { 200: SecondFactorRef, ...problems },
      },
    },
    async (request) => shown(await accounts.getSecondFactor(request.params.username)),
  );
  app.put(
    '/v1/users/:username/totp',
    {
      config: { ...change, refusals: ['conflict'] },
      schema: {
        operationId: 'enrolTotp',
        tags,
        summary: 'Make a secret for the authenticator of a user; a first code confirms it',
        params,
        response: { 200: reference(TotpEnrolmentSchema), ...problems },
      },
    },
    async (request) => {
      const { username } = request.params;
      const { text, uri } = await accounts.enrolTotp(originOf(request), username);
      const png = await toBuffer(uri, { type: 'png', errorCorrectionLevel: 'M', scale: 6 });
      return { username, secret: text, uri, qrCodePng: png.toString('base64') };
    },
  );
  app.post(
    '/v1/users/:username/totp/confirmation',
    {
      config: { ...change, takesSecret: true, refusals: ['conflict'] },
      schema: {
        operationId: 'confirmTotp',
        tags,
        summary: 'Take the secret into use with a first code of it, and make recovery codes',
        params,
        body: Confirmation,
        response: { 200: RecoveryCodes, ...problems },
      },
    },
    async (request) => {
      const { username } = request.params;
      const { code } = request.body;
      return codesOf(await accounts.confirmTotp(originOf(request), username, code));
    },
  );
  app.post(
    '/v1/users/:username/totp/recovery-codes',
    {
      config: change,
      schema: {
        operationId: 'makeRecoveryCodes',
        tags,
        summary: 'Make recovery codes anew; those before are good no more',
        params,
        response: { 200: RecoveryCodes, ...problems },
      },
    },
    async (request) =>
      codesOf(await accounts.makeRecoveryCodes(originOf(request), request.params.username)),
  );
  app.delete(
    '/v1/users/:username/totp',
    {
      config: change,
      schema: {
        operationId: 'removeTotp',
        tags,
        summary:
          "Take away a user's one-time codes and recovery codes, and end the logins they let in",
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.removeTotp(originOf(request), request.params.username);
      return reply.code(204).send(null);
    },
  );
}

function codesOf(codes: readonly string[]): Static<typeof RecoveryCodes> {
  return { recoveryCodes: [...codes] };
}

function shown(factor: SecondFactor): Static<typeof SecondFactorSchema> {
  return {
    username: factor.username,
    agency: factor.agency,
    state: factor.state,
    askedFor: factor.isAskedFor,
    confirmedAt: isoOf(factor.confirmedAtMs),
    lastUsedAt: isoOf(factor.lastUsedAtMs),
    driftSteps: factor.driftSteps,
    recoveryCodesLeft: factor.recoveryCodesLeft,
    blocked: factor.isBlocked,
  };
}

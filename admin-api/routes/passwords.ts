import { Type } from 'typebox';
import { agencyOfUser } from '../agency-bound.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import { closed, noContent, problems } from '../schemas.ts';
import { userResource } from './users.ts';

const NewPassword = Type.Object(
  {
    password: Type.String({
      description:
        'at least 15 characters (14 and four kinds of them under pub1075); several unrelated words are good',
    }),
    temporary: Type.Optional(
      Type.Boolean({
        description:
          'to be changed at its first use; true under pub1075 for a person, else false, where it is not given',
      }),
    ),
  },
  closed,
);
const params = Type.Object({ username: Type.String() });
const tags = ['passwords'];

export function passwordRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { accounts } = parts;
  const ofAgency = agencyOfUser(accounts);
  app.put(
    '/v1/users/:username/password',
    {
      config: {
        scope: 'passwords:write',
        agency: ofAgency,
        resource: userResource,
        takesSecret: true,
        refusals: ['hashing-busy'],
      },
      schema: {
        operationId: 'setPassword',
        tags,
        summary: "Set a user's password, and end the user's logins",
        params,
        body: NewPassword,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      const { password, temporary } = request.body;
      await accounts.setPassword(originOf(request), request.params.username, password, temporary);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/v1/users/:username/password',
    {
      config: { scope: 'passwords:write', agency: ofAgency, resource: userResource },
      schema: {
        operationId: 'removePassword',
        tags,
        summary: "Remove a user's password, and end the user's logins",
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.removePassword(originOf(request), request.params.username);
      return reply.code(204).send(null);
    },
  );
}

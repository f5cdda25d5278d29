import { Type, type Static } from 'typebox';
import { findAgency } from '../../server/accounts/agencies.ts';
import type { LockState } from '../../server/accounts/lock-rule.ts';
import { userSorts } from '../../server/accounts/user-list.ts';
import { findUser, type User } from '../../server/accounts/user-rows.ts';
import type { UserChange } from '../../server/accounts/users.ts';
import { defaultRules, permissions, type PathRule } from '../../server/domain/permissions.ts';
import { agencyOfUser } from '../agency-bound.ts';
import { cursorAt, pageItemsDefault, sortedPlaceIn } from '../cursors.ts';
import { originOf } from '../origin.ts';
import type { AdminApiParts, AdminApp } from '../parts.ts';
import type { Resource } from '../preconditions.ts';
import {
  cidrs,
  closed,
  created,
  integerOrNull,
  noContent,
  pageOf,
  pageQuery,
  problems,
  reference,
  time,
  timeOrNull,
} from '../schemas.ts';
import { isoOf, msOf, msOrNullOf } from '../times.ts';

const pathRuleFields = {
  path: Type.String({
    description: 'an absolute path of whole names, where * alone stands for any one name',
  }),
  allow: Type.Array(Type.Enum([...permissions]), {
    description: `a list of ${permissions.join(', ')}`,
  }),
};
export const PathRuleSchema = Type.Object(pathRuleFields, { $id: 'PathRule', ...closed });

export const settings = {
  displayName: Type.String({ description: 'text of 1 to 200 characters on one line' }),
  status: Type.Enum(['active', 'disabled'], { description: 'active or disabled' }),
  loginMethods: Type.Array(Type.Array(Type.Enum(['publickey', 'password', 'totp'])), {
    description:
      'ways to log in, each a list of proofs that are all needed, such as [["publickey","password"]]; totp, a one-time code, comes last',
  }),
  permissions: Type.Union([Type.Array(Type.Object(pathRuleFields, closed)), Type.Null()], {
    description: "a list of {path, allow}, or null for the default of the agency's kind",
  }),
  allowedCidrs: cidrs,
  expiresAt: timeOrNull,
  quotaBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'a whole number of bytes, or null for no limit',
  }),
  maxSessions: Type.Integer({ minimum: 1, description: 'a whole number, 1 or more' }),
  accountKind: Type.Enum(['person', 'service'], {
    description: 'person or service: a job that logs in without a person',
  }),
};
export const username = Type.String({
  description:
    '2 to 32 lower-case letters, digits, dots, underscores and hyphens, a letter first; never used again',
});
export const agency = Type.String({ description: 'the code of an agency' });

const ruleList = Type.Array(reference(PathRuleSchema));
export const UserSchema = Type.Object(
  {
    username,
    agency,
    ...settings,
    status: Type.Enum(['active', 'disabled', 'removed']),
    permissions: Type.Union([ruleList, Type.Null()], {
      description: "null: the default of the agency's kind",
    }),
    effectivePermissions: Type.Array(reference(PathRuleSchema), {
      description: 'what holds, default or not',
    }),
    quotaBytes: integerOrNull,
    hasPassword: Type.Boolean(),
    passwordSetAt: timeOrNull,
    passwordTemporary: Type.Boolean({ description: 'it has to be changed at its first use' }),
    lastLoginAt: timeOrNull,
    failedLogins: Type.Integer({ description: 'since the last login; too many lock the user' }),
    lockedUntil: timeOrNull,
    createdAt: time,
    updatedAt: time,
  },
  { $id: 'User', description: 'A user' },
);
const UserRef = reference(UserSchema);

const patchFields = Type.Partial(Type.Object(settings), closed);
const NewUser = Type.Object(
  {
    username,
    agency,
    ...Type.Partial(Type.Object(settings)).properties,
    displayName: settings.displayName,
  },
  closed,
);
const listQuery = Type.Object(
  {
    agency: Type.Optional(agency),
    status: Type.Optional(Type.Enum(['active', 'disabled', 'removed'])),
    prefix: Type.Optional(
      Type.String({ minLength: 1, maxLength: 32, description: 'what user names begin with' }),
    ),
    lastLoginBefore: Type.Optional(
      Type.String({
        format: 'date-time',
        description:
          'a time such as 2030-01-31T00:00:00Z: users with no login since then, who were made before',
      }),
    ),
    lockedOnly: Type.Optional(
      Type.Boolean({ description: 'true: only users who are locked after failed logins' }),
    ),
    sort: Type.Optional(
      Type.Enum([...userSorts], {
        default: 'username',
        description: `${userSorts.join(', ')}; - is from the end, and who never logged in stands where the creation is`,
      }),
    ),
    ...pageQuery,
  },
  closed,
);
const params = Type.Object({ username: Type.String() });
const tags = ['users'];

/** Also of what has no ETag of its own: a user's password and lock. */
export const userResource: Resource = {
  read: async (reader, { username = '' }) => {
    const user = await findUser(reader, username);
    const { kind } = await findAgency(reader, user.agency);
    return userOf(user, user.permissions === null ? defaultRules[kind] : [], unlocked);
  },
  volatile: ['lastLoginAt', 'failedLogins', 'lockedUntil'],
};

export function userRoutes(app: AdminApp, parts: AdminApiParts): void {
  const { accounts } = parts;
  const ofAgency = agencyOfUser(accounts);
  const shown = async (user: User) => {
    const locks = await accounts.lockStatesOf([user.username]);
    return userOf(user, await defaultsOf(parts, user), locks.get(user.username) ?? unlocked);
  };
  app.get(
    '/v1/users',
    {
      config: { scope: 'users:read', agency: { query: 'agency' } },
      schema: {
        operationId: 'listUsers',
        tags,
        summary:
          'Users, in the order of their names unless sorted otherwise; removed ones only when asked for',
        querystring: listQuery,
        response: { 200: pageOf(UserRef), ...problems },
      },
    },
    async ({ query }) => {
      const {
        limit = pageItemsDefault,
        cursor,
        sort = 'username',
        lastLoginBefore,
        ...filter
      } = query;
      const list = `users ${sort}`;
      const after = sortedPlaceIn(list, cursor, sort.endsWith('At') ? 'number' : 'string');
      const { items, next } = await accounts.listUsers({
        limit,
        after,
        sort,
        ...filter,
        ...(lastLoginBefore !== undefined && {
          lastLoginBeforeMs: msOf(lastLoginBefore, '/lastLoginBefore'),
        }),
      });
      const shownItems: Static<typeof UserSchema>[] = [];
      const locks = await accounts.lockStatesOf(items.map(({ username }) => username));
      for (const user of items) {
        const lock = locks.get(user.username) ?? unlocked;
        shownItems.push(userOf(user, await defaultsOf(parts, user), lock));
      }
      return { items: shownItems, nextCursor: cursorAt(list, next) };
    },
  );
  app.get(
    '/v1/users/:username',
    {
      config: { scope: 'users:read', agency: ofAgency, resource: userResource },
      schema: {
        operationId: 'getUser',
        tags,
        summary: 'One user',
        params,
        response: { 200: UserRef, ...problems },
      },
    },
    async ({ params }) => shown(await accounts.getUser(params.username)),
  );
  app.post(
    '/v1/users',
    {
      config: {
        scope: 'users:write',
        agency: { body: 'agency' },
        makes: userResource,
        refusals: ['name-used'],
      },
      schema: {
        operationId: 'createUser',
        tags,
        summary: 'Make a user; keys and a password are given separately',
        body: NewUser,
        response: { ...created(UserRef), ...problems },
      },
    },
    async (request, reply) => {
      const { username, agency, displayName, ...rest } = request.body;
      const wanted = { username, agency, ...changeOf(rest), displayName };
      const user = await accounts.createUser(originOf(request), wanted);
      return reply
        .code(201)
        .header('location', `/v1/users/${user.username}`)
        .send(await shown(user));
    },
  );
  app.patch(
    '/v1/users/:username',
    {
      config: { scope: 'users:write', agency: ofAgency, resource: userResource },
      schema: {
        operationId: 'changeUser',
        tags,
        summary:
          'Change a user (RFC 7396); its logins are ended if they would now be refused, given other rights, or expire sooner',
        params,
        body: patchFields,
        response: { 200: UserRef, ...problems },
      },
    },
    async (request) => {
      const { username } = request.params;
      return shown(await accounts.changeUser(originOf(request), username, changeOf(request.body)));
    },
  );
  app.delete(
    '/v1/users/:username',
    {
      config: { scope: 'users:write', agency: ofAgency, resource: userResource },
      schema: {
        operationId: 'removeUser',
        tags,
        summary:
          'Remove a user with its keys and password, and end its logins; the name stays taken',
        params,
        response: { ...noContent, ...problems },
      },
    },
    async (request, reply) => {
      await accounts.removeUser(originOf(request), request.params.username);
      return reply.code(204).send(null);
    },
  );
}

/** The rules of a user who has none of its own. Whoever was removed may do nothing, and its agency may be gone too. */
async function defaultsOf({ accounts }: AdminApiParts, user: User): Promise<readonly PathRule[]> {
  if (user.status === 'removed' || user.permissions !== null) return [];
  const { kind } = await accounts.getAgency(user.agency);
  return defaultRules[kind];
}

function changeOf({ expiresAt, ...rest }: Static<typeof patchFields>): UserChange {
  return {
    ...rest,
    ...(expiresAt !== undefined && { expiresAtMs: msOrNullOf(expiresAt, '/expiresAt') }),
  };
}

const unlocked: LockState = { failedLogins: 0, lockedUntilMs: null };

function userOf(
  user: User,
  defaults: readonly PathRule[],
  lock: LockState,
): Static<typeof UserSchema> {
  return {
    username: user.username,
    agency: user.agency,
    displayName: user.displayName,
    status: user.status,
    loginMethods: user.loginMethods.map((way) => [...way]),
    permissions: user.permissions === null ? null : rulesOf(user.permissions),
    effectivePermissions: rulesOf(user.permissions ?? defaults),
    allowedCidrs: [...user.allowedCidrs],
    expiresAt: isoOf(user.expiresAtMs),
    quotaBytes: user.quotaBytes,
    maxSessions: user.maxSessions,
    accountKind: user.accountKind,
    hasPassword: user.passwordSetAtMs !== null,
    passwordSetAt: isoOf(user.passwordSetAtMs),
    passwordTemporary: user.passwordTemporary,
    lastLoginAt: isoOf(user.lastLoginAtMs),
    failedLogins: lock.failedLogins,
    lockedUntil: isoOf(lock.lockedUntilMs),
    createdAt: isoOf(user.createdAtMs),
    updatedAt: isoOf(user.updatedAtMs),
  };
}

function rulesOf(rules: readonly PathRule[]): Static<typeof ruleList> {
  return rules.map(({ path, allow }) => ({ path, allow: [...allow] }));
}

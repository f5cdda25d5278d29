import { rsaBitsMin } from '../../server/accounts/key-blob.ts';
import type { OpenDatabase } from '../../server/database/open.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const day = 24 * 3_600_000;
const expirySoonMs = 14 * day;
const namesShownMax = 5;

/** The keys of administrators and users, as far as the database tells of them. */
export async function* examineAccessKeys(
  database: OpenDatabase,
  nowMs: number,
): AsyncIterable<Finding> {
  try {
    yield* examineAdminKeys(database, nowMs);
    yield* examineUserKeys(database, nowMs);
  } catch (error) {
    yield finding('skip', 'access-keys', reasonOf(error), 'start the server once: it upgrades');
  }
}

async function* examineAdminKeys(database: OpenDatabase, nowMs: number): AsyncIterable<Finding> {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('admin_keys')
      .select(['id', 'name', 'scopes', 'expires_at'])
      .where('removed_at', 'is', null)
      .execute(),
  );
  const usable = rows.filter(({ expires_at }) => expires_at === null || expires_at > nowMs);
  const making = usable.filter(({ scopes }) =>
    (JSON.parse(scopes) as readonly string[]).some((scope) =>
      ['*', 'admin-keys:write'].includes(scope),
    ),
  );
  if (making.length === 0)
    yield finding(
      'warn',
      'admin-keys',
      'no API key that works can make others',
      '`waybill admin-key issue --name <name>` makes one',
    );
  else yield finding('ok', 'admin-keys', `${usable.length} work, ${making.length} can make others`);
  const soon = usable.filter(
    ({ expires_at }) => expires_at !== null && expires_at < nowMs + expirySoonMs,
  );
  if (soon.length > 0)
    yield finding(
      'warn',
      'admin-keys',
      `within 14 days: ${namesOf(soon.map(({ id, name }) => `${name} (${id})`))} expire`,
      '`waybill admin-key rotate <id>`, or change its --expires',
    );
}

async function* examineUserKeys(database: OpenDatabase, nowMs: number): AsyncIterable<Finding> {
  const rows = await database.read(({ query }) =>
    query
      .selectFrom('user_keys')
      .innerJoin('users', 'users.id', 'user_keys.user_id')
      .select(['users.username', 'user_keys.type', 'user_keys.bits', 'user_keys.expires_at'])
      .where('users.status', '=', 'active')
      .execute(),
  );
  const working = rows.filter(({ expires_at }) => expires_at === null || expires_at > nowMs);
  const weak = working.filter(({ type, bits }) => type === 'ssh-rsa' && bits < rsaBitsMin);
  const soon = working.filter(
    ({ expires_at }) => expires_at !== null && expires_at < nowMs + expirySoonMs,
  );
  if (weak.length > 0)
    yield finding(
      'warn',
      'user-keys',
      `RSA keys of less than ${rsaBitsMin} bits: ${namesOf(weak.map(({ username }) => username))}`,
      'have them make an Ed25519 key, and rotate to it: `waybill key rotate`',
    );
  if (soon.length > 0)
    yield finding(
      'warn',
      'user-keys',
      `within 14 days the keys expire of ${namesOf(soon.map(({ username }) => username))}`,
      'ask for new ones: `waybill key report --state expiring`',
    );
  if (weak.length === 0 && soon.length === 0)
    yield finding('ok', 'user-keys', `${working.length} work, none weak, none expires soon`);
}

function namesOf(all: readonly string[]): string {
  const names = [...new Set(all)].sort();
  const more = names.length - namesShownMax;
  return names.slice(0, namesShownMax).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

import type { ProofMethod } from '../domain/authentication.ts';
import { permissions } from '../domain/permissions.ts';
import type { PathRule } from '../domain/permissions.ts';
import { parseVirtualPathText, segmentsOf } from '../domain/virtual-path.ts';
import { canonicalCidr } from '../domain/addresses.ts';
import { checkExpiry, checkShownName, fieldInvalid, isIntegerBetween } from './fields.ts';

export type LoginMethods = readonly (readonly ProofMethod[])[];

/** What an administrator sets of a user, each with a default but the display name. */
export type UserSettings = {
  readonly displayName: string;
  readonly status: 'active' | 'disabled';
  /** Ways to log in; each is a list of proofs, all needed, in the order they must be given. */
  readonly loginMethods: LoginMethods;
  /** Null: what the kind of the agency allows (`defaultRules`). */
  readonly permissions: readonly PathRule[] | null;
  /** Canonical addresses and CIDR blocks to log in from; empty is everywhere. */
  readonly allowedCidrs: readonly string[];
  /** From this millisecond on no login; null is never. */
  readonly expiresAtMs: number | null;
  readonly quotaBytes: number | null;
  readonly maxSessions: number;
  /** `service`: a job that logs in without a person. */
  readonly accountKind: AccountKind;
};

export type AccountKind = 'person' | 'service';

const usernameForm = /^[a-z][a-z0-9._-]{1,31}$/;
const waysMax = 4;
const rulesMax = 100;
const cidrsMax = 100;
const methods: readonly ProofMethod[] = ['publickey', 'password', 'totp'];

/** @throws Fault `field-invalid` */
export function checkUsername(username: unknown): string {
  // SFTPGo CVE-2026-30915 was a user named `..`: dots may part a name, not begin, end or run in it.
  if (typeof username !== 'string' || !usernameForm.test(username) || /\.\.|\.$/.test(username)) {
    throw fieldInvalid(
      '/username',
      '2 to 32 lower-case letters, digits, dots, underscores and hyphens, a letter first, no dot last and no two dots together',
    );
  }
  return username;
}

/**
 * Checks and canonicalises what is given, and leaves out what is not.
 *
 * @throws Fault `field-invalid` with the pointer of the first field that is wrong
 */
export function checkUserSettings(
  given: Partial<UserSettings>,
  sessionsMax: number,
): Partial<UserSettings> {
  return {
    ...(given.displayName !== undefined && {
      displayName: checkShownName(given.displayName, '/displayName'),
    }),
    ...(given.status !== undefined && { status: checkStatus(given.status) }),
    ...(given.loginMethods !== undefined && {
      loginMethods: checkLoginMethods(given.loginMethods),
    }),
    ...(given.permissions !== undefined && { permissions: checkPermissions(given.permissions) }),
    ...(given.allowedCidrs !== undefined && {
      allowedCidrs: checkAllowedCidrs(given.allowedCidrs),
    }),
    ...(given.expiresAtMs !== undefined && { expiresAtMs: checkExpiry(given.expiresAtMs) }),
    ...(given.quotaBytes !== undefined && { quotaBytes: checkQuota(given.quotaBytes) }),
    ...(given.maxSessions !== undefined && {
      maxSessions: checkMaxSessions(given.maxSessions, sessionsMax),
    }),
    ...(given.accountKind !== undefined && { accountKind: checkAccountKind(given.accountKind) }),
  };
}

function checkAccountKind(kind: unknown): AccountKind {
  if (kind !== 'person' && kind !== 'service')
    throw fieldInvalid('/accountKind', 'person or service');
  return kind;
}

function checkStatus(status: unknown): 'active' | 'disabled' {
  if (status !== 'active' && status !== 'disabled')
    throw fieldInvalid('/status', 'active or disabled');
  return status;
}

function checkLoginMethods(ways: unknown): LoginMethods {
  const distinct =
    Array.isArray(ways) && new Set(ways.map((way) => JSON.stringify(way))).size === ways.length;
  if (!distinct || ways.length === 0 || ways.length > waysMax || !ways.every(isWay)) {
    throw fieldInvalid(
      '/loginMethods',
      `1 to ${waysMax} different ways to log in, each a list of different proofs (publickey, password, totp), such as [["publickey","password"]]; totp comes last and behind another`,
    );
  }
  return ways.map((way) => [...way]);
}

function isWay(way: unknown): way is readonly ProofMethod[] {
  return (
    Array.isArray(way) &&
    way.length > 0 &&
    way.every((method) => methods.includes(method as ProofMethod)) &&
    new Set(way).size === way.length &&
    // A code alone is half a proof; it is last so that the unit which uses it up is the one that lets its user in.
    (!way.includes('totp') || (way.length > 1 && way.at(-1) === 'totp'))
  );
}

function checkPermissions(rules: unknown): readonly PathRule[] | null {
  if (rules === null) return null;
  if (!Array.isArray(rules) || rules.length > rulesMax) {
    throw fieldInvalid(
      '/permissions',
      `null for the default of the agency's kind, or at most ${rulesMax} rules`,
    );
  }
  const checked = rules.map((rule: unknown, index) => checkRule(rule, `/permissions/${index}`));
  if (new Set(checked.map((rule) => rule.path)).size !== checked.length) {
    throw fieldInvalid('/permissions', 'one rule for each path');
  }
  return checked;
}

function checkRule(rule: unknown, pointer: string): PathRule {
  const { path, allow } = (typeof rule === 'object' && rule !== null ? rule : {}) as Partial<
    Record<keyof PathRule, unknown>
  >;
  if (!isRulePath(path)) {
    throw fieldInvalid(
      `${pointer}/path`,
      'an absolute path of whole names such as /outgoing/daily, where * alone stands for any one name',
    );
  }
  if (!Array.isArray(allow) || !allow.every((permission) => permissions.includes(permission))) {
    throw fieldInvalid(`${pointer}/allow`, `a list of ${permissions.join(', ')}`);
  }
  return { path, allow: permissions.filter((permission) => allow.includes(permission)) };
}

function isRulePath(path: unknown): path is string {
  if (typeof path !== 'string') return false;
  try {
    const parsed = parseVirtualPathText(path);
    return (
      parsed === path &&
      segmentsOf(parsed).every((segment) => segment === '*' || !segment.includes('*'))
    );
  } catch {
    return false;
  }
}

/** @throws Fault `field-invalid` at `/allowedCidrs` */
export function checkAllowedCidrs(cidrs: unknown): readonly string[] {
  if (!Array.isArray(cidrs) || cidrs.length > cidrsMax) {
    throw fieldInvalid('/allowedCidrs', `at most ${cidrsMax} addresses or CIDR blocks`);
  }
  const canonical = cidrs.map((cidr: unknown, index) => {
    const checked = typeof cidr === 'string' ? canonicalCidr(cidr) : undefined;
    if (checked === undefined) {
      throw fieldInvalid(
        `/allowedCidrs/${index}`,
        'an IPv4 or IPv6 address or CIDR block such as 192.0.2.0/24 or 2001:db8::/32',
      );
    }
    return checked;
  });
  return [...new Set(canonical)];
}

function checkQuota(quotaBytes: unknown): number | null {
  if (quotaBytes === null) return null;
  if (!isIntegerBetween(quotaBytes, 0, Number.MAX_SAFE_INTEGER)) {
    throw fieldInvalid('/quotaBytes', 'a whole number of bytes, or null for no limit');
  }
  return quotaBytes;
}

function checkMaxSessions(maxSessions: unknown, sessionsMax: number): number {
  if (!isIntegerBetween(maxSessions, 1, sessionsMax)) {
    throw fieldInvalid('/maxSessions', `a whole number from 1 to ${sessionsMax}`);
  }
  return maxSessions;
}

import { type Profile, profiles } from './domain/profiles.ts';
import { type Limits, type Lockout, limits, lockouts } from './domain/limits.ts';

export { profiles, type Profile };

const lockoutNames = ['failuresMax', 'windowMs', 'lockMs'] as const;
type LockoutName = (typeof lockoutNames)[number];

const millisecondsIn = { seconds: 1_000, minutes: 60_000, hours: 60 * 60_000 } as const;

/** One limit that an operator may set, as a whole number of its unit. */
export type LimitVariable = {
  readonly limit: keyof Limits | `lockout.${LockoutName}`;
  readonly unit: keyof typeof millisecondsIn | 'count';
  readonly min: number;
  readonly max: number;
  /** The range under `pub1075`, where it is narrower. */
  readonly pub1075?: { readonly min?: number; readonly max?: number };
  /** What it limits; for the documentation. */
  readonly what: string;
};

/**
 * The limits that an operator may set. Everything else in server/domain/limits.ts is a matter of the protocol or of the
 * server's own health, and the same everywhere.
 */
export const limitVariables = {
  WAYBILL_CONNECTIONS_MAX: {
    limit: 'connectionsMax',
    unit: 'count',
    min: 1,
    max: 100_000,
    what: 'connections in total',
  },
  WAYBILL_UNAUTHENTICATED_MAX: {
    limit: 'unauthenticatedConnectionsMax',
    unit: 'count',
    min: 4,
    max: 10_000,
    what: 'connections that have not logged in; from a quarter of it on, new ones are dropped at random',
  },
  WAYBILL_UNAUTHENTICATED_PER_SOURCE_MAX: {
    limit: 'unauthenticatedConnectionsPerSourceMax',
    unit: 'count',
    min: 1,
    max: 10_000,
    what: 'the same from one address (IPv6: one /64)',
  },
  WAYBILL_CONNECTIONS_PER_SECOND: {
    limit: 'connectionsPerSecondPerSourceMax',
    unit: 'count',
    min: 1,
    max: 10_000,
    what: 'new connections from one address a second, in the long run',
  },
  WAYBILL_CONNECTIONS_AT_ONCE: {
    limit: 'connectionsAtOncePerSourceMax',
    unit: 'count',
    min: 1,
    max: 100_000,
    what: 'new connections from one address at once, after a rest',
  },
  WAYBILL_LOGIN_SECONDS: {
    limit: 'loginMsMax',
    unit: 'seconds',
    min: 5,
    max: 600,
    what: 'from the TCP connection to the login',
  },
  WAYBILL_LOGIN_ATTEMPTS: {
    limit: 'authenticationFailuresMax',
    unit: 'count',
    min: 1,
    max: 20,
    what: 'refused proofs on one connection',
  },
  WAYBILL_BAN_SECONDS_MAX: {
    limit: 'penaltyMsMax',
    unit: 'seconds',
    min: 15,
    max: 86_400,
    what: 'the longest that an address is kept out after failures',
  },
  WAYBILL_LOCK_FAILURES: {
    limit: 'lockout.failuresMax',
    unit: 'count',
    min: 1,
    max: 100,
    pub1075: { max: 3 },
    what: 'failed logins that lock an account',
  },
  WAYBILL_LOCK_WINDOW_MINUTES: {
    limit: 'lockout.windowMs',
    unit: 'minutes',
    min: 1,
    max: 1_440,
    pub1075: { min: 120 },
    what: 'the time within which they are counted',
  },
  WAYBILL_LOCK_MINUTES: {
    limit: 'lockout.lockMs',
    unit: 'minutes',
    min: 1,
    max: 1_440,
    pub1075: { min: 15 },
    what: 'how long the account stays locked',
  },
  WAYBILL_SESSIONS_PER_USER: {
    limit: 'sessionsPerUserDefault',
    unit: 'count',
    min: 1,
    max: 1_000,
    what: 'logins of a user at a time, for users who are created without `maxSessions`',
  },
  WAYBILL_IDLE_MINUTES: {
    limit: 'idleMsMax',
    unit: 'minutes',
    min: 1,
    max: 1_440,
    pub1075: { max: 30 },
    what: 'a login without a request is ended',
  },
  WAYBILL_SESSION_HOURS: {
    limit: 'sessionMsMax',
    unit: 'hours',
    min: 1,
    max: 168,
    pub1075: { max: 12 },
    what: 'any login is ended',
  },
  WAYBILL_API_REQUESTS_PER_SECOND: {
    limit: 'apiRequestsPerSecondMax',
    unit: 'count',
    min: 1,
    max: 100_000,
    what: 'requests of one API key a second, in the long run',
  },
  WAYBILL_API_REQUESTS_AT_ONCE: {
    limit: 'apiRequestsAtOnceMax',
    unit: 'count',
    min: 1,
    max: 1_000_000,
    what: 'requests of one API key at once, after a rest',
  },
  WAYBILL_API_FAILURES_PER_MINUTE: {
    limit: 'apiFailuresPerMinuteMax',
    unit: 'count',
    min: 1,
    max: 100_000,
    what: 'API requests of one address (IPv6: one /64) a minute that do not authenticate',
  },
  WAYBILL_API_FAILURES_AT_ONCE: {
    limit: 'apiFailuresAtOnceMax',
    unit: 'count',
    min: 1,
    max: 100_000,
    what: 'the same at once, after a rest',
  },
  WAYBILL_STOP_SECONDS: {
    limit: 'stopMsMax',
    unit: 'seconds',
    min: 0,
    max: 3_600,
    what: 'how long transfers may go on at a graceful stop',
  },
  WAYBILL_CHECKPOINT_KEY_HOURS: {
    limit: 'checkpointKeyMsMax',
    unit: 'hours',
    min: 1,
    max: 720,
    what: 'how long one key signs checkpoints of the ledger, before the next one takes over and it is destroyed',
  },
  WAYBILL_PREVIOUS_VERSIONS: {
    limit: 'previousVersionsKeptMax',
    unit: 'count',
    min: 0,
    max: 100,
    what: "how many earlier contents of a replaced file are kept, as their receiver's quota has room",
  },
  WAYBILL_RETENTION_DAYS_MIN: {
    limit: 'retentionDaysMin',
    unit: 'count',
    min: 1,
    max: 36_525,
    what: 'the fewest days that a retention job may keep files',
  },
  WAYBILL_RETENTION_SHARE_PERCENT: {
    limit: 'retentionSharePercentMax',
    unit: 'count',
    min: 1,
    max: 100,
    what: "percent of the files of a retention job's agencies (of earlier versions and partial uploads, where it is over 100) that a run purges unasked; with more its plan waits",
  },
  WAYBILL_REVIEW_DAYS: {
    limit: 'reviewDaysMax',
    unit: 'count',
    min: 1,
    max: 90,
    pub1075: { max: 7 },
    what: 'days after the end of a week in which its review is to be acknowledged',
  },
  WAYBILL_RECEIPTS_DAYS: {
    limit: 'receiptDaysListedMax',
    unit: 'count',
    min: 1,
    max: 36_525,
    what: 'days whose receipts `/receipts` lists; older ones are opened by name, and found over the API',
  },
} as const satisfies Readonly<Record<string, LimitVariable>>;

export type LimitVariableName = keyof typeof limitVariables;

/** The values that hold where nothing is set, in milliseconds where they are times. */
function defaultOf({ limit }: LimitVariable, profile: Profile): number {
  const name = lockoutNames.find((each) => limit === `lockout.${each}`);
  return name === undefined ? limits[limit as keyof Limits] : lockouts[profile][name];
}

/** In the variable's unit. */
export function defaultValueOf(variable: LimitVariable, profile: Profile): number {
  return defaultOf(variable, profile) / factorOf(variable);
}

export function rangeOf(
  variable: LimitVariable,
  profile: Profile,
): { readonly min: number; readonly max: number } {
  const { min, max } = variable;
  return profile === 'pub1075' ? { min, max, ...variable.pub1075 } : { min, max };
}

/** Why a value is not one of the variable under this profile; null if it is. */
export function problemOf(name: LimitVariableName, value: string, profile: Profile): string | null {
  const { min, max } = rangeOf(limitVariables[name], profile);
  const { unit } = limitVariables[name] as LimitVariable;
  const number = /^(0|[1-9]\d{0,8})$/.test(value) ? Number(value) : NaN;
  if (number >= min && number <= max) return null;
  const units = unit === 'count' ? '' : ` of ${unit}`;
  const under = profile === 'pub1075' ? ' under the profile pub1075' : '';
  return `a whole number${units} from ${min} to ${max}${under}`;
}

/** What holds: the limits and the lockout of a profile, with what was set in place of the defaults. */
export function limitsFrom(
  given: Readonly<Partial<Record<LimitVariableName, string>>>,
  profile: Profile,
): { readonly limits: Limits; readonly lockout: Lockout } {
  const ownLimits: Record<keyof Limits, number> = { ...limits };
  const lockout: { -readonly [K in keyof Lockout]: Lockout[K] } = { ...lockouts[profile] };
  for (const [name, variable] of Object.entries<LimitVariable>(limitVariables)) {
    const value = given[name as LimitVariableName];
    if (value === undefined) continue;
    const set = Number(value) * factorOf(variable);
    const lockoutName = lockoutNames.find((each) => variable.limit === `lockout.${each}`);
    if (lockoutName === undefined) ownLimits[variable.limit as keyof Limits] = set;
    else lockout[lockoutName] = set;
  }
  return { limits: ownLimits, lockout };
}

function factorOf({ unit }: LimitVariable): number {
  return unit === 'count' ? 1 : millisecondsIn[unit];
}

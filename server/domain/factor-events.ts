type Who = { readonly username: string; readonly agency: string };

/** Passwords, one-time codes and what of a user ends soon; none of these holds one. */
export type FactorEvent =
  /** Of a server before it had profiles of passwords. */
  | ({ readonly event: 'password.set.1' } & Who)
  | ({
      readonly event: 'password.set.2';
      /** The rules that it was held against. */
      readonly profile: 'baseline' | 'pub1075';
      /** To be changed at its first use. */
      readonly temporary: boolean;
      /** Whoever logs in with it may have changed it while logging in. */
      readonly by: 'administrator' | 'user';
    } & Who)
  /** The same password, hashed as new ones are. */
  | ({ readonly event: 'password.rehashed.1' } & Who)
  | ({ readonly event: 'password.removed.1' } & Who)
  /** It ends within 30 days, or within 7: each is told once. */
  | ({ readonly event: 'password.expiring.1'; readonly expiresAt: string } & Who)
  | ({
      readonly event: 'key.expiring.1';
      readonly fingerprint: string;
      readonly expiresAt: string;
    } & Who)
  /** A secret was made; it counts once a code was given. */
  | ({ readonly event: 'totp.enrolled.1' } & Who)
  | ({ readonly event: 'totp.confirmed.1' } & Who)
  | ({ readonly event: 'totp.removed.1' } & Who)
  /** So many were wrong in a row that none is taken any more but a recovery code. */
  | ({ readonly event: 'totp.blocked.1'; readonly count: number } & Who)
  /** New ones, in place of those before. */
  | ({ readonly event: 'recovery-codes.made.1'; readonly count: number } & Who)
  | ({ readonly event: 'recovery-code.used.1'; readonly left: number } & Who);

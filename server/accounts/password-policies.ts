import type { Profile } from '../domain/profiles.ts';

const dayMs = 24 * 60 * 60_000;

/** What a profile asks of passwords. */
export type PasswordPolicy = {
  readonly charactersMin: number;
  /** Of the four: small letters, capitals, digits, anything else. */
  readonly classesMin: number;
  /** Passwords of a user that may not come back, the present one among them. */
  readonly generations: number;
  /** How old a password becomes; null is any age. */
  readonly personMsMax: number | null;
  readonly serviceMsMax: number | null;
  /** How old it has to be before its user changes it. */
  readonly ageMsMin: number;
  /** What an administrator sets for a person is temporary. */
  readonly isTemporary: boolean;
  /** A login takes two factors (`isFactorMissing`). */
  readonly oneFactorRefused: boolean;
};

export const passwordPolicies: Readonly<Record<Profile, PasswordPolicy>> = {
  /** NIST SP 800-63B-4 section 3.1.1.2, of a password that may be the only proof. */
  baseline: {
    charactersMin: 15,
    classesMin: 0,
    generations: 1,
    personMsMax: null,
    serviceMsMax: null,
    ageMsMin: 0,
    isTemporary: false,
    oneFactorRefused: false,
  },
  /** IRS Publication 1075, IA-5 and IA-2 (compliance.md C07, C08). */
  pub1075: {
    charactersMin: 14,
    classesMin: 4,
    generations: 24,
    personMsMax: 90 * dayMs,
    serviceMsMax: 366 * dayMs,
    ageMsMin: dayMs,
    isTemporary: true,
    oneFactorRefused: true,
  },
};

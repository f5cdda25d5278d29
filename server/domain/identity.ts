import type { ShownCertificate } from './authentication.ts';
import type { PathRule } from './permissions.ts';

declare const proven: unique symbol;

export type AgencyKind = 'lcsa' | 'state' | 'partner';

export type IdentityFacts = {
  /** 32 hex digits (domain/ids.ts); names the login in every ledger row (compliance.md C12). */
  readonly sessionId: string;
  readonly userId: string;
  readonly username: string;
  readonly agencyId: string;
  readonly agencyCode: string;
  readonly agencyKind: AgencyKind;
  readonly rules: readonly PathRule[];
  /** Bytes the user may have stored; null is no limit of its own. */
  readonly quotaBytes: number | null;
  /** When the user or a key of the login expires, whichever is first; null is never. */
  readonly expiresAtMs: number | null;
  /** The proofs that were verified, in order: `publickey SHA256:...`, `certificate SHA256:...` of its key, `password`. */
  readonly proofs: readonly string[];
  /** The certificates among them. */
  readonly certificates: readonly ShownCertificate[];
  /** `address:port` the login came from. */
  readonly source: string;
  /** The client's identification string (RFC 4253 section 4.2), as it was sent. */
  readonly client: string;
};

/**
 * Who is acting, after every proof that the user's login methods ask for was verified. Only
 * `server/authentication/identity.ts` makes one; it never leaves the monitor (a worker holds a session id).
 */
export type Identity = IdentityFacts & { readonly [proven]: true };

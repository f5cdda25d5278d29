type Change = { readonly before: unknown; readonly after: unknown };

/** Who may certify the users of an agency, and what of that is taken back; and what a security device counts. */
export type CertificateEvent =
  | ({
      readonly event: 'user-ca.added.1';
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  | ({
      readonly event: 'user-ca.changed.1';
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  | ({
      readonly event: 'user-ca.removed.1';
      readonly agency: string;
      readonly fingerprint: string;
    } & Change)
  /** It ends within 30 days, or within 7: each is told once. Nobody gets in by its certificates then. */
  | {
      readonly event: 'user-ca.expiring.1';
      readonly agency: string;
      readonly fingerprint: string;
      readonly expiresAt: string;
    }
  | ({ readonly event: 'user-certificate.revoked.1'; readonly agency: string } & Change)
  /** A revocation was taken back. */
  | ({ readonly event: 'user-certificate.reinstated.1'; readonly agency: string } & Change)
  /** A login whose device counts no more than at the last one: perhaps two devices hold a copy of the key. It was let in. */
  | {
      readonly event: 'device-counter.not-risen.1';
      readonly username: string;
      readonly agency: string;
      readonly fingerprint: string;
      readonly before: number;
      readonly after: number;
    };

type Change = { readonly before: unknown; readonly after: unknown };

/** What clients and server agree to, and with which keys the server shows who it is. */
export type AlgorithmEvent =
  /** Written at a start that finds it other than the last row says. */
  | {
      readonly event: 'cryptography.adopted.1';
      /** The named set of algorithms. */
      readonly algorithms: string;
      /** Fingerprints as OpenSSH prints them. */
      readonly hostKeys: readonly string[];
      /** Those that clients are told of before they are used. */
      readonly nextHostKeys: readonly string[];
    }
  /** An agency may use older algorithms for a while; also a change of that. */
  | ({ readonly event: 'legacy-interop.granted.1'; readonly agency: string } & Change)
  /** By an administrator; a grant that ran out has no row. */
  | ({ readonly event: 'legacy-interop.ended.1'; readonly agency: string } & Change);

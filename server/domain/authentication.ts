import type { HardwareMarks } from './wire-signature.ts';

/** Where a connection comes from, as the socket says. */
export type Source = { readonly address: string; readonly port: number };

/** A socket that was admitted, before a byte of it is read. */
export type Arrival = {
  /** 128 random bits, 32 hex digits. */
  readonly connectionId: string;
  readonly source: Source;
  /** It comes from an address whose agency may still use older algorithms. */
  readonly legacyInterop?: boolean;
};

/**
 * One USERAUTH_REQUEST (RFC 4252) as plain data. An `offer` is a public key without a signature: it may be answered
 * with "that key would do", and nothing of it is kept (Go CVE-2024-45337 kept it).
 */
export type Proof =
  | { readonly kind: 'none' }
  | { readonly kind: 'offer'; readonly algorithm: string; readonly keyBlob: Uint8Array }
  | {
      readonly kind: 'signature';
      /** The signature algorithm named in the request, such as `rsa-sha2-512`; never `ssh-rsa`. */
      readonly algorithm: string;
      readonly keyBlob: Uint8Array;
      /** Ed25519: 64 raw bytes. ECDSA: DER. RSA: PKCS#1 v1.5. */
      readonly signature: Uint8Array;
      /** What a security device says beside its signature; none of other keys. */
      readonly hardware?: HardwareMarks;
      /** What was signed: this connection's session identifier and the request (RFC 4252 section 7). */
      readonly signed: Uint8Array;
    }
  | { readonly kind: 'password'; readonly password: string }
  /** RFC 4252 section 8: the password, and what is to be in its place. */
  | { readonly kind: 'password-change'; readonly password: string; readonly newPassword: string }
  /** RFC 4256: the client asks what it is to answer, and answers. */
  | { readonly kind: 'interactive' }
  | { readonly kind: 'answers'; readonly answers: readonly string[] }
  /** A method or shape that Waybill does not take; counted and recorded like any refusal. */
  | { readonly kind: 'unusable'; readonly method: string };

export type AuthenticationAttempt = {
  readonly connectionId: string;
  readonly username: string;
  readonly proof: Proof;
};

/** What goes back on the wire. Every refusal looks the same; the reason is in the ledger. */
export type AuthenticationReply =
  | { readonly kind: 'offer-accepted' }
  /** `partial`: the proof was good and another is needed (RFC 4252 section 5.1). */
  | {
      readonly kind: 'refused';
      readonly methods: readonly WireMethod[];
      readonly partial: boolean;
    }
  /** RFC 4256 section 3.2. */
  | {
      readonly kind: 'prompt';
      readonly instruction: string;
      readonly prompts: readonly Prompt[];
    }
  /** The password is right, and has to be changed (RFC 4252 section 8). */
  | { readonly kind: 'change-needed'; readonly prompt: string }
  /** Too many attempts: disconnect. */
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'accepted'; readonly ticket: SessionTicket };

/** What a user proves; `totp` is a one-time code, or a recovery code in its place. */
export type ProofMethod = 'publickey' | 'password' | 'totp';

/** How it is proven on the wire. */
export type WireMethod = 'publickey' | 'password' | 'keyboard-interactive';

/** A question, and whether what is typed may be seen. */
export type Prompt = { readonly text: string; readonly echo: boolean };

/** What a worker learns of a login: a name for it and the words to show; no right of any kind. */
export type SessionTicket = {
  readonly sessionId: string;
  readonly username: string;
  readonly agencyCode: string;
};

/** A connection as the monitor hears of it, once its key exchange is done. */
export type ConnectionOpening = {
  readonly connectionId: string;
  readonly source: Source;
  /** The client's identification string, printable ASCII, at most 255 bytes. */
  readonly client: string;
  /** As negotiated: `kex`, `hostKey`, `cipher`, `mac`. */
  readonly algorithms: Readonly<Record<string, string>>;
};

export const closeReasons = [
  'client-left',
  'connection-lost',
  'protocol-error',
  'login-timeout',
  'attempts-exceeded',
  'idle',
  'stalled',
  'administrator',
  'expired',
  'server-stopping',
  'worker-lost',
] as const;
export type CloseReason = (typeof closeReasons)[number];

export type ConnectionClosing = {
  readonly connectionId: string;
  readonly reason: CloseReason;
  /** How many of each SFTP operation the connection asked for, by name in the table of operations. */
  readonly operations: Readonly<Record<string, number>>;
  /** Plaintext file bytes. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
};

/** A certificate that a login was let in with, as its row tells it. */
export type ShownCertificate = {
  /** What its authority calls it, and its number. */
  readonly keyId: string;
  readonly serial: string;
  /** Fingerprint of the authority. */
  readonly authority: string;
  /** Fingerprint of the certified key. */
  readonly fingerprint: string;
  readonly principals: readonly string[];
  /** Null is never. */
  readonly validUntil: string | null;
};

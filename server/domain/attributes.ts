/** What a client may learn of an entry. Times are milliseconds since the epoch, UTC. */
export type Attributes = {
  readonly kind: 'file' | 'directory';
  /** Bytes of plaintext; 0 for a directory. */
  readonly size: number;
  /** POSIX permission bits 0o0000-0o7777, kept and shown but never used to decide anything. */
  readonly mode: number;
  readonly accessedAtMs: number;
  readonly modifiedAtMs: number;
  /** Name shown as the owner: a user name, or the agency's code. */
  readonly owner: string;
  /** Name shown as the group: the agency's code. */
  readonly group: string;
};

/** What SETSTAT, FSETSTAT, OPEN and MKDIR may ask to change. Absent means: leave alone. */
export type AttributeChange = {
  readonly size?: number;
  readonly mode?: number;
  readonly accessedAtMs?: number;
  readonly modifiedAtMs?: number;
};

export type DirectoryEntry = { readonly name: string; readonly attributes: Attributes };

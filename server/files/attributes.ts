import type { AttributeChange, Attributes } from '../domain/attributes.ts';
import type { Agency, Entry } from './tree.ts';
import type { Holder } from './opens.ts';
import type { Upload } from './uploads.ts';

export const defaultFileMode = 0o640;

/** The columns of an entry that clients are told of. */
export type Shown = Pick<
  Entry,
  'kind' | 'size' | 'mode' | 'accessed_at' | 'modified_at' | 'created_by'
>;

/**
 * What an entry keeps of who made it. Of an administrator that is nothing: the name of an API key is free text, and an
 * owner goes where a `/` or a space has a meaning.
 */
export function makerOf({ userId, username }: Holder): string | null {
  return userId === null ? null : username;
}

/** What the name of an API key was kept behind, before it was not kept. */
export const formerMakerPrefix = 'admin:';

function ownerOf({ created_by: maker }: Shown, agency: Pick<Agency, 'code'>): string {
  return maker === null || maker.startsWith(formerMakerPrefix) ? agency.code : maker;
}

export function attributesOfEntry(entry: Shown, agency: Pick<Agency, 'code'>): Attributes {
  return {
    kind: entry.kind,
    size: entry.size,
    mode: entry.mode,
    accessedAtMs: entry.accessed_at,
    modifiedAtMs: entry.modified_at,
    owner: ownerOf(entry, agency),
    group: agency.code,
  };
}

/** How an unfinished upload shows to the one user who sees it. `liveBytes` is newer than the row while it is received. */
export function attributesOfUpload(
  upload: Upload,
  agency: Pick<Agency, 'code'>,
  username: string,
  liveBytes?: number,
): Attributes {
  return {
    kind: 'file',
    size: Math.max(upload.size, liveBytes ?? 0),
    mode: upload.mode,
    accessedAtMs: upload.modified_at,
    modifiedAtMs: upload.modified_at,
    owner: username,
    group: agency.code,
  };
}

/** The columns of an entry that a change sets. Size is content and never set here. */
export function columnsOf(change: AttributeChange): {
  mode?: number;
  accessed_at?: number;
  modified_at?: number;
} {
  return {
    ...(change.mode === undefined ? {} : { mode: change.mode & 0o7777 }),
    ...(change.accessedAtMs === undefined ? {} : { accessed_at: change.accessedAtMs }),
    ...(change.modifiedAtMs === undefined ? {} : { modified_at: change.modifiedAtMs }),
  };
}

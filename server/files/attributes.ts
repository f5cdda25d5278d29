import type { AttributeChange, Attributes } from '../domain/attributes.ts';
import type { Agency, Entry } from './tree.ts';
import type { Upload } from './uploads.ts';

export const defaultFileMode = 0o640;

/** The columns of an entry that clients are told of. */
export type Shown = Pick<
  Entry,
  'kind' | 'size' | 'mode' | 'accessed_at' | 'modified_at' | 'created_by'
>;

export function attributesOfEntry(entry: Shown, agency: Pick<Agency, 'code'>): Attributes {
  return {
    kind: entry.kind,
    size: entry.size,
    mode: entry.mode,
    accessedAtMs: entry.accessed_at,
    modifiedAtMs: entry.modified_at,
    owner: entry.created_by ?? agency.code,
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

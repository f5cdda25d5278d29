import type { RowBody, SeenRow } from './rows.ts';

type Closing = Extract<RowBody, { event: 'file.closed.1' }>;

/** The end of a transfer, as its row tells. */
export type ClosedFile = Pick<
  Closing,
  'actor' | 'transfer' | 'agency' | 'path' | 'state' | 'bytesRead' | 'size' | 'sha256'
> &
  Pick<SeenRow, 'seq' | 'atMs' | 'source' | 'pathKey'>;

/** @param isWanted is asked before anything is made of a row: of most rows nothing is */
export function closedFiles(
  rows: readonly SeenRow[],
  isWanted: (closing: Closing) => boolean,
): readonly ClosedFile[] {
  return rows.flatMap(({ seq, atMs, source, pathKey, body }) => {
    if (body.event !== 'file.closed.1' || !isWanted(body)) return [];
    const { actor, transfer, agency, path, state, bytesRead, size, sha256 } = body;
    const said = { actor, transfer, agency, path, state, bytesRead, size, sha256 };
    return [{ seq, atMs, source, pathKey, ...said }];
  });
}

/** Whether something of a file went out, or all of it where it was empty. */
export function wasRead({ state, bytesRead }: Pick<Closing, 'state' | 'bytesRead'>): boolean {
  return bytesRead > 0 || state === 'completed';
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '../blobs/store.ts';
import type { FilesParts } from './parts.ts';

/** Ids in one query: one query for each of 100,000 blobs takes seconds. */
const blobsPerQuery = 500;
/** For one part of work it rests so many: whoever is served meanwhile hardly notices. */
const restsPerWork = 4;
const restMsMax = 500;

export type Sweep = {
  /** Blobs whose bytes are gone now. Resolves also when it was stopped. */
  readonly done: Promise<number>;
  stop(): Promise<void>;
};

/**
 * Removes bytes that no row speaks for, which a crash leaves between a commit and what follows it. It looks at every
 * file that there is, so it goes on while the server serves: a start does not wait longer the more is stored.
 */
export function startSweep(
  parts: FilesParts,
  store: BlobStore,
  onFault: (error: unknown) => void,
): Sweep {
  let stopped = false;
  const done = sweep(parts, store, () => stopped).catch((error: unknown) => {
    onFault(error);
    return 0;
  });
  const stop = async () => {
    stopped = true;
    await done;
  };
  return { done, stop };
}

/** @param isStopped asked between two parts of the work */
export async function sweep(
  parts: FilesParts,
  store: BlobStore,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let swept = 0;
  let page: string[] = [];
  for await (const blobId of store.list()) {
    page.push(blobId);
    if (page.length < blobsPerQuery) continue;
    if (isStopped()) return swept;
    const startedMs = performance.now();
    swept += await sweepPage(parts, page);
    page = [];
    const restMs = (performance.now() - startedMs) * restsPerWork;
    await sleep(Math.min(restMs, restMsMax), undefined, { ref: false });
  }
  return swept + (await sweepPage(parts, page));
}

async function sweepPage(parts: FilesParts, page: readonly string[]): Promise<number> {
  if (page.length === 0) return 0;
  const kept = await keptBlobs(parts, page);
  let swept = 0;
  for (const blobId of page) {
    // One in use goes with its last reader, or the backup that is being taken; one that is refused, at another try.
    if (!kept.has(blobId) && (await parts.opens.discardBytes(blobId))) swept += 1;
  }
  return swept;
}

/**
 * Those whose files stay. The others never get one again, whatever happens between the look and the removal: they have
 * no row (it is made before the file), are destroyed, or are published with their bytes in the row.
 */
async function keptBlobs(parts: FilesParts, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await parts.database.read(({ query }) =>
    query
      .selectFrom('blobs')
      .select('id')
      .where('id', 'in', ids)
      .where((where) =>
        where.or([
          where('state', '=', 'receiving'),
          where.and([where('state', '=', 'published'), where('content', 'is', null)]),
        ]),
      )
      .execute(),
  );
  return new Set(rows.map(({ id }) => id));
}

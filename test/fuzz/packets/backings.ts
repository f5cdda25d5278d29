import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ContentWriter } from '../../../server/blobs/content-writer.ts';
import type { BlobStore } from '../../../server/blobs/store.ts';
import type { BlobGrant } from '../../../server/domain/grants.ts';
import type { Monitor } from '../../../server/monitor/verbs.ts';
import { openExchange } from '../../fixtures/exchange.ts';
import { newBlob } from '../../blobs/fixtures.ts';
import { MemoryStore } from '../memory-store.ts';
import { expect } from '../suite.ts';
import { MemoryFiles } from './memory-files.ts';
import type { Script } from './script.ts';

/** In the files of the other agency, and in no request. */
export const secret = 'KERN-SECRET-CONTENT';

export type Session = { readonly sessionId: string; readonly username: string };

/** What stands behind the channels of a script: two sessions' worth of monitor and store, and what must stay as it is. */
export type Backing = {
  readonly monitor: Monitor;
  readonly store: BlobStore;
  /** Of an agency with a few files in `/outgoing`. */
  readonly amy: Session;
  /** Of another one, with `/outgoing/secret`. */
  readonly ken: Session;
  readonly faults: unknown[];
  /** After every channel has ended. @throws Error when the other agency's tree or a file outside has changed */
  check(): Promise<void>;
  close(): Promise<void>;
};

export async function backingOf(kind: Script['backing']): Promise<Backing> {
  return kind === 'real' ? realBacking() : memoryBacking(kind === 'slow');
}

type Planted = { readonly blob: BlobGrant; readonly bytes: Buffer };
let planted: Promise<{ own: Planted; large: Planted; secret: Planted }> | undefined;

async function plant(content: Buffer): Promise<Planted> {
  const store = new MemoryStore();
  const blob = newBlob();
  const writer = await ContentWriter.create(store, blob, null);
  await writer.write(0, content);
  const published = { ...blob, ...(await writer.finish()) };
  return { blob: published, bytes: store.raw(blob.blobId) };
}

async function memoryBacking(slow: boolean): Promise<Backing> {
  planted ??= (async () => ({
    own: await plant(Buffer.from('own content '.repeat(50))),
    large: await plant(Buffer.alloc(70_000, 0x6c)),
    secret: await plant(Buffer.from(secret.repeat(20))),
  }))();
  const { own, large, secret: hidden } = await planted;
  const store = new MemoryStore();
  const alameda = new MemoryFiles(store, 'alameda');
  const kern = new MemoryFiles(store, 'kern');
  for (const { blob, bytes } of [own, large, hidden]) store.replace(blob.blobId, bytes);
  alameda.plant('/outgoing/a', own.blob);
  alameda.plant('/outgoing/big', large.blob);
  kern.plant('/outgoing/secret', hidden.blob);
  const before = kern.snapshot();
  const faults: unknown[] = [];
  const turn = () => (slow ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined);
  const monitor: Pick<Monitor, 'request' | 'refused'> = {
    request: async (sessionId, request) => {
      await turn();
      return (sessionId === 'ken' ? kern : alameda).request(sessionId, request);
    },
    refused: async () => turn(),
  };
  return {
    // The channels ask for no other verb.
    monitor: monitor as Monitor,
    store,
    amy: { sessionId: 'amy', username: 'amy' },
    ken: { sessionId: 'ken', username: 'ken' },
    faults,
    async check() {
      expect(kern.snapshot() === before, 'the tree of another agency has changed');
      expect(store.raw(hidden.blob.blobId).equals(hidden.bytes), 'its bytes have changed');
      expect(alameda.openCount + kern.openCount === 0, 'opens are left behind');
      expect(store.openFiles === 0, `${store.openFiles} blobs are left open`);
    },
    close: async () => undefined,
  };
}

async function realBacking(): Promise<Backing> {
  const directory = mkdtempSync(join(tmpdir(), 'waybill-fuzz-'));
  const canary = join(directory, 'canary');
  writeFileSync(canary, secret);
  const last: (() => unknown)[] = [];
  const t = { teardown: (work: () => unknown) => last.push(work) } as unknown as Test;
  mkdirSync(join(directory, 'data'));
  const exchange = await openExchange(t, { directory: join(directory, 'data') });
  const quota = { quotaBytes: 4 * 1024 * 1024 };
  for (const [username, agency, name] of [
    ['amy', 'alameda', 'a'],
    ['ken', 'kern', 'secret'],
  ] as const) {
    const client = await exchange.connect({ username, agency, ...quota });
    await client.put(`/outgoing/${name}`, Buffer.from(name === 'a' ? 'own ' : secret));
    await client.drop();
  }
  // A hole is stored as zeros: without a quota one WRITE far out would make gigabytes of them.
  const amy = await exchange.login({ username: 'amy', agency: 'alameda', ...quota });
  const ken = await exchange.login({ username: 'ken', agency: 'kern', ...quota });
  const tree = () =>
    exchange.database.read(async ({ query }) =>
      JSON.stringify(
        await query
          .selectFrom('entries')
          .selectAll()
          .where('agency_id', '=', ken.agencyId)
          .orderBy('id')
          .execute(),
      ),
    );
  const before = await tree();
  return {
    monitor: exchange.monitor,
    store: exchange.store,
    amy,
    ken,
    faults: exchange.faults,
    async check() {
      expect((await tree()) === before, 'the tree of another agency has changed');
      expect(readFileSync(canary, 'utf8') === secret, 'a file outside has changed');
      const receiving = await exchange.database.read(({ query }) =>
        query.selectFrom('uploads').select('id').where('state', '=', 'receiving').execute(),
      );
      expect(receiving.length === 0, 'uploads are left receiving');
    },
    async close() {
      for (const work of last) await work();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

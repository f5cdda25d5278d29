import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { createAdminChanges } from '../../server/files/admin-changes.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import { Fault } from '../../server/domain/faults.ts';
import { matchesGlob, parseGlob } from '../../server/domain/glob.ts';
import type { Holder } from '../../server/files/opens.ts';
import { ledger } from '../fixtures/ledger.ts';
import { createHolds } from '../../server/retention/holds.ts';
import { openExchange, type Exchange } from '../fixtures/exchange.ts';
import { SftpStatus } from '../fixtures/sftp-client.ts';

// Whatever clients and administrators do to a tree, in whatever order: what is under a hold is there, with its key.

t.setTimeout(300_000);

const administrator: Holder = {
  origin: { actor: { kind: 'server' }, session: 'request', source: null },
  sessionId: 'request',
  userId: null,
  username: 'admin:ops',
  client: 'test',
  quotaBytes: null,
};
const words = { reason: 'r', authority: 'a' };
const files = ['/outgoing/a', '/outgoing/b.tmp', '/outgoing/d/a', '/outgoing/e/a'] as const;
const directories = ['/outgoing/d', '/outgoing/e', '/outgoing/f'] as const;
const globs = [
  '/outgoing/*',
  '/outgoing/d/**',
  '/outgoing/?/a',
  '/**',
  '/outgoing/a',
  '/**/a',
] as const;

const file = fc.constantFrom(...files);
const directory = fc.constantFrom(...directories);
const index = fc.nat(20);

type Step =
  | { readonly kind: 'put' | 'remove' | 'delete' | 'restore' | 'holdFile'; readonly path: string }
  | { readonly kind: 'rename' | 'replace'; readonly path: string; readonly to: string }
  | { readonly kind: 'holdPath'; readonly glob: string; readonly timed: boolean }
  | { readonly kind: 'holdTime' | 'lift' | 'wait'; readonly index: number };

const of = <const Kind extends string>(kind: Kind) => fc.constant(kind);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: of('put'), path: file }) },
  { weight: 2, arbitrary: fc.record({ kind: of('remove'), path: file }) },
  { weight: 1, arbitrary: fc.record({ kind: of('delete'), path: file }) },
  { weight: 2, arbitrary: fc.record({ kind: of('restore'), path: file }) },
  { weight: 2, arbitrary: fc.record({ kind: of('rename'), path: directory, to: directory }) },
  { weight: 5, arbitrary: fc.record({ kind: of('replace'), path: file, to: file }) },
  { weight: 2, arbitrary: fc.record({ kind: of('holdFile'), path: file }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: of('holdPath'),
      glob: fc.constantFrom(...globs),
      timed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: of('holdTime'), index }) },
  { weight: 3, arbitrary: fc.record({ kind: of('lift'), index }) },
  { weight: 1, arbitrary: fc.record({ kind: of('wait'), index }) },
);

type Kept = { readonly version: string; readonly path: string; readonly receivedAtMs: number };

/** Every version that can be read, and where. */
async function keptIn({ database }: Exchange): Promise<readonly Kept[]> {
  return database.read(async ({ query }) => {
    const entries = new Map(
      (await query.selectFrom('entries').selectAll().execute()).map((entry) => [entry.id, entry]),
    );
    const pathOf = (id: string): string => {
      const entry = entries.get(id)!;
      return entry.parent_id === null ? '' : `${pathOf(entry.parent_id)}/${entry.name}`;
    };
    const versions = await query
      .selectFrom('versions')
      .innerJoin('blobs', 'blobs.id', 'versions.blob_id')
      .select(['versions.id', 'versions.entry_id', 'versions.received_at'])
      .where('blobs.wrapped_key', 'is not', null)
      .execute();
    return versions
      .filter(({ entry_id }) => entries.has(entry_id))
      .map((row) => ({
        version: row.id,
        path: pathOf(row.entry_id),
        receivedAtMs: row.received_at,
      }));
  });
}

/** What a hold of the model is on. A hold on a file is on the history that it had, and that follows it. */
type ModelHold =
  | { readonly kind: 'path'; readonly glob: string; readonly untilMs: number }
  | { readonly kind: 'time'; readonly untilMs: number }
  | { readonly kind: 'versions'; readonly versions: ReadonlySet<string> };

function isOn(hold: ModelHold, { version, path, receivedAtMs }: Kept): boolean {
  switch (hold.kind) {
    case 'path':
      return receivedAtMs < hold.untilMs && matchesGlob(parseGlob(hold.glob), path);
    case 'time':
      return receivedAtMs < hold.untilMs;
    case 'versions':
      return hold.versions.has(version);
  }
}

async function openWorld(t: Test, directory: string, keptMax: number) {
  const clock = { nowMs: Date.UTC(2030, 0, 1) };
  const limits = { previousVersionsKeptMax: keptMax };
  const exchange = await openExchange(t, {
    directory,
    clock: () => clock.nowMs,
    limits,
  });
  const { database, parts, store } = exchange;
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda', quotaBytes: 300 });
  for (const path of ['/outgoing/d', '/outgoing/e']) await amy.mkdir(path);
  const holds = createHolds({ guarded: database, database, ledger, randomBytes });
  const view = createAdminFiles(parts, store);
  const changes = createAdminChanges(parts, store);
  const standing = new Map<string, ModelHold>();
  const { origin } = administrator;
  const idAt = async (path: string) => (await view.at('alameda', path)).id;
  let written = 0;

  const holdFile = async (path: string): Promise<void> => {
    const fileId = await idAt(path);
    const { id } = await holds.place(origin, { ...words, file: fileId });
    const { items } = await view.versions(fileId, { after: null, max: 100 });
    const versions = items.filter(({ state }) => state !== 'destroyed').map((each) => each.id);
    standing.set(id, { kind: 'versions', versions: new Set(versions) });
  };
  const holdPath = async (glob: string | null, untilMs: number | null): Promise<void> => {
    const { id } = await holds.place(origin, { ...words, path: glob, receivedUntilMs: untilMs });
    const until = { untilMs: untilMs ?? Infinity };
    standing.set(id, glob === null ? { kind: 'time', ...until } : { kind: 'path', glob, ...until });
  };
  const restore = async (path: string): Promise<void> => {
    const fileId = await idAt(path);
    const { items } = await view.versions(fileId, { after: null, max: 100 });
    const previous = items.findLast(({ state }) => state === 'previous');
    if (previous !== undefined) await changes.restore(administrator, fileId, previous.id);
  };
  const lift = async (at: number): Promise<void> => {
    const id = [...standing.keys()][at % Math.max(1, standing.size)];
    if (id === undefined) return;
    await holds.lift(origin, id, 'over');
    standing.delete(id);
  };
  const take = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case 'put':
        written += 1;
        return amy.put(step.path, Buffer.alloc(10 + (written % 60), written));
      case 'remove':
        return amy.remove(step.path);
      case 'delete':
        return changes.remove(administrator, await idAt(step.path));
      case 'restore':
        return restore(step.path);
      case 'rename':
        return amy.rename(step.path, step.to);
      case 'replace':
        return amy.posixRename(step.path, step.to);
      case 'holdFile':
        return holdFile(step.path);
      case 'holdPath':
        return holdPath(step.glob, step.timed ? clock.nowMs : null);
      case 'holdTime':
        return holdPath(null, clock.nowMs - step.index);
      case 'lift':
        return lift(step.index);
      case 'wait':
        clock.nowMs += step.index;
    }
  };
  return { exchange, clock, standing, take };
}

for (const keptMax of [0, 1])
  t.test(`no sequence of acts destroys a held version, ${keptMax} kept otherwise`, async (t) => {
    const under = t.testdir({});
    let runs = 0;
    let refused = 0;
    let heldSeen = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        runs += 1;
        const directory = join(under, String(runs));
        mkdirSync(directory);
        const { exchange, clock, standing, take } = await openWorld(t, directory, keptMax);
        let before = await keptIn(exchange);
        for (const step of steps) {
          clock.nowMs += 1;
          const held = before.filter((each) =>
            [...standing.values()].some((hold) => isOn(hold, each)),
          );
          const lifted = step.kind === 'lift';
          try {
            await take(step);
          } catch (error) {
            if (!(error instanceof SftpStatus) && !(error instanceof Fault)) throw error;
            if (/legal hold/.test(error.message)) refused += 1;
          }
          const after = await keptIn(exchange);
          const left = new Map(after.map((each) => [each.version, each]));
          for (const each of lifted ? [] : held) {
            heldSeen += 1;
            const now = left.get(each.version);
            if (now === undefined)
              throw new Error(`${JSON.stringify(step)} destroyed ${each.path}`);
            if (![...standing.values()].some((hold) => isOn(hold, now)))
              throw new Error(`${JSON.stringify(step)} took ${each.path} out of its hold`);
          }
          before = after;
        }
        if (exchange.faults.length > 0) throw exchange.faults[0];
        await exchange.close();
      }),
      { numRuns: Number(process.env['RUNS'] ?? 60) },
    );
    t.ok(refused > 10, `${refused} acts were refused`);
    t.ok(heldSeen > 200, `${heldSeen} times a held version had to be there`);
  });

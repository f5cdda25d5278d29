import { createHash } from 'node:crypto';
import { createLogins } from '../../server/accounts/logins.ts';
import { LockRule } from '../../server/accounts/lock-rule.ts';
import { parseVirtualPathText } from '../../server/domain/virtual-path.ts';
import type { FileRequest, OpenReply } from '../../server/domain/requests.ts';
import { createAdminFiles } from '../../server/files/admin-view.ts';
import { createTransfers } from '../../server/files/transfers.ts';
import { searchLedger } from '../../server/ledger/search.ts';
import { noBytes, type Catalogue } from './catalogue.ts';
import { agencyCode, directoryPath, filePath, usernameOf, type Leaf } from './layout.ts';
import { finishedBytes } from '../../server/blobs/inline-content.ts';

/** One thing that is asked of a catalogue. `turn` counts from 0 and never comes twice for a catalogue. */
export type Operation = {
  readonly name: string;
  /** Whether it waits for the disk at its end. */
  readonly writes: boolean;
  run(turn: number): Promise<unknown>;
};

const readFlags = {
  read: true,
  write: false,
  append: false,
  create: false,
  truncate: false,
  exclusive: false,
};
const writeFlags = { ...readFlags, read: false, write: true, create: true, truncate: true };
const batchEntries = 200;
const rowsMax = 100;
const sideBySide = 64;

/** Operations on one catalogue, each at random places of it; the same places in each run. */
export function operationsOn(catalogue: Catalogue): readonly Operation[] {
  const { files, leaves, database, parts } = catalogue;
  const place = placesIn(leaves);
  const ask = (leaf: Leaf, request: FileRequest) =>
    files.request(catalogue.identityOf(leaf), request as FileRequest & { kind: 'stat' });
  const close = (leaf: Leaf, reply: unknown) => {
    const { grant } = reply as OpenReply;
    const report = grant.write
      ? received(grant.openId)
      : ({ kind: 'read', bytesRead: grant.blob.size, whole: true } as const);
    return ask(leaf, { kind: 'close', openId: grant.openId, report });
  };
  const upload = async (leaf: Leaf, name: string) => {
    const path = parseVirtualPathText(`${directoryPath(leaf)}/${name}`);
    await close(leaf, await ask(leaf, { kind: 'open', path, flags: writeFlags, change: {} }));
    return path;
  };
  const huge = leaves.reduce((most, leaf) => (leaf.count > most.count ? leaf : most));
  /** Another name in each run, as a catalogue may be measured more than once. */
  const run = Date.now().toString(36);
  const named = (turn: number, step: string) => `run-${run}-${turn}-${step}`;
  return [
    ...lookOperations(catalogue, place, huge),
    {
      name: 'read: OPEN, CLOSE',
      writes: true,
      run: async () => {
        const { leaf, index } = place();
        const path = parseVirtualPathText(filePath(leaf, index));
        return close(leaf, await ask(leaf, { kind: 'open', path, flags: readFlags, change: {} }));
      },
    },
    {
      name: 'upload: OPEN, CLOSE',
      writes: true,
      run: (turn) => upload(leaves[(turn * 31) % leaves.length]!, named(turn, 'new')),
    },
    {
      name: `${sideBySide} uploads at once`,
      writes: true,
      run: (turn) =>
        Promise.all(
          Array.from({ length: sideBySide }, (_, index) =>
            upload(place().leaf, named(turn, `side-${index}`)),
          ),
        ),
    },
    {
      name: 'rename',
      writes: true,
      run: async () => {
        const { leaf, index } = place();
        const from = parseVirtualPathText(filePath(leaf, index));
        const to = parseVirtualPathText(`${filePath(leaf, index)}.done`);
        await ask(leaf, { kind: 'rename', from, to, replace: false });
        // Back, so that the next one finds it: two of them are measured.
        await ask(leaf, { kind: 'rename', from: to, to: from, replace: false });
      },
    },
    {
      name: 'replace a file',
      writes: true,
      run: async () => {
        const { leaf, index } = place();
        const path = parseVirtualPathText(filePath(leaf, index));
        await close(leaf, await ask(leaf, { kind: 'open', path, flags: writeFlags, change: {} }));
      },
    },
    {
      name: 'upload and remove',
      writes: true,
      run: async (turn) => {
        const { leaf } = place();
        await ask(leaf, { kind: 'remove', path: await upload(leaf, named(turn, 'gone')) });
      },
    },
    {
      name: 'mkdir',
      writes: true,
      run: (turn) => {
        const { leaf } = place();
        const path = parseVirtualPathText(`${directoryPath(leaf)}/${named(turn, 'directory')}`);
        return ask(leaf, { kind: 'mkdir', path, change: {} });
      },
    },
    {
      name: 'ledger append',
      writes: true,
      run: () =>
        database.write((unit) =>
          parts.ledger.append(unit, {
            origin: { actor: { kind: 'server' }, session: null, source: null },
            outcome: 'success',
            reason: null,
            event: { event: 'server.stopped.1' },
          }),
        ),
    },
    loginOperation(catalogue, place),
    ...apiOperations(catalogue, place, huge),
  ];
}

/** As if 4 KiB had come that nobody sent before. */
function received(openId: string) {
  const sha256 = createHash('sha256').update(openId).digest('hex');
  const bytes = { size: 4096, bytesWritten: 4096, bytesRead: 0 };
  // As a file of 4 KiB comes: its stored bytes are in the report.
  const content = Buffer.alloc(finishedBytes(4096), 7);
  return {
    kind: 'received',
    ...bytes,
    sha256,
    root: Buffer.alloc(32),
    content,
    change: {},
  } as const;
}

type Place = { readonly leaf: Leaf; readonly index: number };

/** Files anywhere, each as likely as every other: a generator of Lehmer's, the same for each run. */
function placesIn(leaves: readonly Leaf[]): () => Place {
  let state = 48_271;
  const below = (end: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % end;
  };
  return () => {
    const leaf = leaves[below(leaves.length)]!;
    return { leaf, index: below(leaf.count) };
  };
}

function lookOperations(
  { files, identityOf }: Catalogue,
  place: () => Place,
  huge: Leaf,
): readonly Operation[] {
  const stat = async (leaf: Leaf, path: string) =>
    files.request(identityOf(leaf), { kind: 'stat', path: parseVirtualPathText(path) });
  return [
    {
      name: 'STAT',
      writes: false,
      run: async () => {
        const { leaf, index } = place();
        return stat(leaf, filePath(leaf, index));
      },
    },
    {
      name: 'STAT of what is missing',
      writes: false,
      run: async () => {
        const { leaf, index } = place();
        return stat(leaf, `${filePath(leaf, index)}.missing`).catch(() => undefined);
      },
    },
    {
      name: `list ${batchEntries} of the largest directory`,
      writes: false,
      run: async () =>
        files.request(identityOf(huge), {
          kind: 'list',
          path: parseVirtualPathText(directoryPath(huge)),
          after: `case-${String(place().index).padStart(6, '0')}.csv`.slice(0, 9),
          entriesMax: batchEntries,
        }),
    },
  ];
}

function loginOperation({ database, parts }: Catalogue, place: () => Place): Operation {
  const logins = createLogins(new LockRule({}));
  return {
    name: 'login (rows)',
    writes: true,
    run: async () => {
      const username = usernameOf(place().leaf);
      return database.write(async (unit) => {
        const login = await logins.findForLogin(unit, username);
        await logins.recordLogin(unit, {
          userId: login!.userId,
          keys: [],
          hasTyped: false,
          source: '192.0.2.1:5',
          client: 'bench',
        });
        await parts.ledger.append(unit, {
          origin: { actor: { kind: 'server' }, session: null, source: '192.0.2.1:5' },
          outcome: 'success',
          reason: null,
          event: { event: 'server.stopped.1' },
        });
      });
    },
  };
}

function apiOperations(
  { database, parts }: Catalogue,
  place: () => Place,
  huge: Leaf,
): readonly Operation[] {
  const adminFiles = createAdminFiles(parts, noBytes);
  const transfers = createTransfers(parts);
  const search = (filter: Parameters<typeof searchLedger>[1]) =>
    searchLedger(database, filter, { before: null, rowsMax });
  const list = (filter: Parameters<typeof transfers.listTransfers>[0]) =>
    transfers.listTransfers(filter, { after: null, limit: rowsMax });
  const read = (name: string, run: () => Promise<unknown>): Operation => ({
    name,
    writes: false,
    run,
  });
  const day = 86_400_000;
  return [
    read('API: files of the largest directory', () =>
      adminFiles.list(
        { agencyCode: agencyCode(huge.agency), path: directoryPath(huge) },
        { after: null, max: rowsMax },
      ),
    ),
    read('API: audit by path', () => {
      const { leaf, index } = place();
      return search({ path: filePath(leaf, index) });
    }),
    read('API: audit by actor', () => search({ actor: usernameOf(place().leaf) })),
    read('API: audit of a day', () => {
      const { atMs } = place().leaf;
      return search({ fromMs: atMs, toMs: atMs + day });
    }),
    read('API: audit since then', () => search({ fromMs: place().leaf.atMs })),
    read('API: audit of an actor on a day', () => {
      const { leaf } = place();
      return search({ actor: usernameOf(leaf), fromMs: leaf.atMs, toMs: leaf.atMs + day });
    }),
    read('API: audit, refused', () => search({ outcome: 'refused' })),
    read('API: audit, a rare reason', () => search({ reason: 'quota-exceeded' })),
    read('API: transfers', () => list({})),
    read('API: transfers of an agency', () => list({ agency: agencyCode(place().leaf.agency) })),
    read('API: transfers of a user in a day', () => {
      const { leaf } = place();
      return list({ username: usernameOf(leaf), fromMs: leaf.atMs, toMs: leaf.atMs + day });
    }),
    read('API: transfers that were cut', () => list({ state: 'partial' })),
    read('API: transfers, page in the middle', () => {
      const { atMs } = place().leaf;
      return transfers.listTransfers({}, { after: { startedAtMs: atMs, id: '' }, limit: rowsMax });
    }),
  ];
}

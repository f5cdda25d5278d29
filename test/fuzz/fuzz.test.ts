import t from 'tap';
import { accepted } from '../connection/harness.ts';
import { parseVirtualPath } from '../../server/domain/virtual-path.ts';
import { api } from './api/suite.ts';
import { blocks, blocksOf } from './blocks/suite.ts';
import { campaign } from './campaign.ts';
import { replyTo } from './messages/credentials.ts';
import { messages, messagesOf } from './messages/suite.ts';
import { packets, packetsOf } from './packets/suite.ts';
import { paths, pathsOf } from './paths/suite.ts';
import type { Suite } from './suite.ts';

const seed = Number(process.env['SEED'] ?? 1);
t.setTimeout(120_000);

async function failuresOf<Input>(suite: Suite<Input>, count: number, from = 0): Promise<string[]> {
  const bench = await suite.open();
  const { randomOfCase } = await import('./suite.ts');
  const failures: string[] = [];
  for (let index = from; index < count && failures.length === 0; index += 1) {
    try {
      await bench.run(bench.make(randomOfCase(seed, index), index));
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  await bench.close().catch(() => undefined);
  return failures;
}

// The long run is `npm run fuzz`; here what failed once is run again, and a little more.
for (const [suite, cases] of [
  [paths, 5_000],
  [blocks, 20],
  [packets, 20],
  [messages, 300],
  [api, 300],
] as const)
  t.test(`${suite.name}: the corpus and ${cases} fresh cases`, async (t) => {
    const { keptInputs } = await import('./corpus.ts');
    const any = suite as Suite<unknown>;
    const bench = await any.open();
    for (const { name, text } of keptInputs(suite.name)) {
      const input = bench.parse(text);
      t.equal(
        bench.text(input),
        text
          .split('\n')
          .filter((line) => !line.startsWith('#'))
          .join('\n')
          .trim(),
        name,
      );
      await bench.run(input);
    }
    await bench.close();
    t.same(await failuresOf(any, cases), []);
  });

t.test('a fuzzer notices', async (t) => {
  t.match(
    await failuresOf(
      pathsOf((bytes) =>
        parseVirtualPath(Buffer.from(bytes).map((byte) => (byte === 0x5c ? 0x2f : byte))),
      ),
      5_000,
    ),
    [/and not null/],
    'a backslash that becomes a separator',
  );
  t.match(
    await failuresOf(
      messagesOf((user, proof, session) =>
        proof.kind === 'none' ? accepted : replyTo(user, proof, session),
      ),
      4_000,
      2_816,
    ),
    [/credential|fault/],
    'a login without a proof',
  );
  t.match(
    await failuresOf(
      packetsOf((backing) => ({
        ...backing,
        // The other agency's files, whoever asks.
        monitor: {
          ...backing.monitor,
          request: (_sessionId, request) => backing.monitor.request(backing.ken.sessionId, request),
        },
      })),
      200,
    ),
    [/./],
    'a monitor that takes everybody for one',
  );
  t.match(
    await failuresOf(
      blocksOf((store) => ({
        create: (blobId) => store.create(blobId),
        remove: (blobId) => store.remove(blobId),
        list: () => store.list(),
        space: () => store.space(),
        admit: () => undefined,
        async open(blobId, options) {
          const file = await store.open(blobId, options);
          return { ...file, sync: async () => undefined };
        },
      })),
      300,
    ),
    [/./],
    'a sync that does nothing',
  );
});

t.test('a failure is shrunk, told with its seed and repeated', async (t) => {
  const spoiled = pathsOf((bytes) => (bytes.includes(0x7e) ? '/' : parseVirtualPath(bytes)));
  const { failures } = await campaign(spoiled, { seed, count: 20_000 });
  t.match(failures[0], new RegExp(`npm run fuzz -- paths --seed ${seed} --only \\d+`));
  t.match(failures[0], /\n7e$/, 'down to the one byte');
  const only = Number(/--only (\d+)/.exec(failures[0]!)![1]);
  t.equal((await campaign(spoiled, { seed, count: 1, only })).failures.length, 1);
});

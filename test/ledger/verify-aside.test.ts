import t from 'tap';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { signedLedger } from '../fixtures/signed-ledger.ts';

const loaded = `
  import { isMainThread } from 'node:worker_threads';
  if (!isMainThread) console.log('loaded into the thread');
`;

const verify = (directory: string): string => `
  import { openForReading } from ${JSON.stringify(new URL('../../server/database/open.js', import.meta.url))};
  import { verifyAside } from ${JSON.stringify(new URL('../../server/ledger/verify-aside.js', import.meta.url))};
  const dataDirectory = ${JSON.stringify(directory)};
  const database = openForReading(dataDirectory, Date.now);
  const { ok, rows } = await verifyAside({ dataDirectory, database, threadsMax: 1 }, 'first');
  await database.close();
  console.log(JSON.stringify({ ok, rows }));
`;

t.test(
  'a thread loads nothing but its own module, whatever the process was started with',
  async (t) => {
    // CI failed without a failed test: a thread took `--import` over from the test that started it, without the environment
    // that belongs to it, and measured a coverage that nobody had asked for.
    const { directory, append, checkpoint } = await signedLedger(t);
    await append(20);
    await checkpoint();
    const words = [
      '--import',
      `data:text/javascript,${encodeURIComponent(loaded)}`,
      '--input-type=module',
      '--eval',
      verify(directory),
    ];
    const ran = await promisify(execFile)(plainNode, [...plainNodeArguments, ...words]);
    t.match(JSON.parse(ran.stdout), { ok: true });
  },
);

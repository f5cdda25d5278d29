import { basename, dirname } from 'node:path';
import tap, { Test } from 'tap';
import type { TestOpts } from 'tap';

type Body = (t: Test) => unknown;

/** One `t.test` at the top of a test file. */
export type Subtest = {
  /** Its file and name, and a number where a file has several of the name. */
  readonly id: string;
  readonly name: string;
  /** @returns why it failed; undefined if it did not */
  readonly run: () => Promise<string | undefined>;
};

/** Imports test files, and holds back what they would run. */
export async function loadSubtests(urls: readonly string[]): Promise<readonly Subtest[]> {
  // It is over when the process is.
  tap.setTimeout(0);
  const subtests = new Map<string, Subtest>();
  for (const url of urls) {
    const { pathname } = new URL(url);
    const file = `${basename(dirname(pathname))}/${basename(pathname, '.test.js')}`;
    const hold = (name: string, ...rest: readonly [Body] | readonly [object, Body]) => {
      const body = rest.at(-1) as Body;
      if (rest.length === 2 && 'skip' in rest[0] && rest[0].skip !== false) return;
      let id = `${file}: ${name}`;
      for (let number = 2; subtests.has(id); number += 1) id = `${file}: ${name} #${number}`;
      subtests.set(id, { id, name, run: () => runSubtest(id, name, body) });
    };
    Object.assign(tap, { test: hold });
    await import(url);
  }
  return [...subtests.values()];
}

const stray: string[] = [];
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => {
    stray.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  });

async function runSubtest(id: string, name: string, body: Body): Promise<string | undefined> {
  const options: TestOpts = { name: id, timeout: 0 };
  const root = new Test(options);
  const lines: string[] = [];
  root.on('data', (chunk: unknown) => lines.push(String(chunk)));
  stray.length = 0;
  await root.test(name, { timeout: 0 }, async (t) => {
    await body(t);
  });
  root.end();
  if (root.passing() && stray.length === 0) return undefined;
  return [...stray, lines.join('').slice(0, 2_000)].join('\n');
}

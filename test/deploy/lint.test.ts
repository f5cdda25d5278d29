import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../breaches/fixtures/sources.ts';

type Finding = { readonly code: string; readonly filename: string };

/** What must not be written in the server -> the rule that says so. */
const forbidden: readonly (readonly [rule: string, snippet: string])[] = [
  ['import(no-nodejs-modules)', `export { spawn } from 'node:child_process';`],
  ['import(no-nodejs-modules)', `export { spawn } from 'child_process';`],
  ['import(no-nodejs-modules)', `void import('node:child_process');`],
  ['import(no-nodejs-modules)', `export { default } from 'node:cluster';`],
  ['import(no-nodejs-modules)', `export { runInThisContext } from 'node:vm';`],
  ['import(no-nodejs-modules)', `export { deserialize } from 'node:v8';`],
  ['import(no-nodejs-modules)', `export { gunzipSync } from 'node:zlib';`],
  ['import(no-nodejs-modules)', `export { Worker } from 'node:worker_threads';`],
  ['import(no-nodejs-modules)', `export { request } from 'node:http';`],
  ['import(no-nodejs-modules)', `export { lookup } from 'node:dns';`],
  ['import(no-nodejs-modules)', `export { open } from 'node:inspector';`],
  ['eslint(no-eval)', `eval('1');`],
  ['eslint(no-restricted-properties)', `globalThis.eval('1');`],
  ['eslint(no-new-func)', `export const made: unknown = new Function('return 1');`],
  ['eslint(no-restricted-globals)', `export const maker: unknown = Function;`],
  ['typescript(no-implied-eval)', `setTimeout('1 + 1', 1);`],
  ['eslint(no-restricted-globals)', `void fetch('https://example.org');`],
  ['eslint(no-restricted-globals)', `export const stream = new DecompressionStream('gzip');`],
  ['eslint(no-restricted-globals)', `void WebAssembly.compile(new Uint8Array());`],
  ['eslint(no-restricted-properties)', `export const made = process.getBuiltinModule('vm');`],
  ['import(no-dynamic-require)', `export const found: unknown = await import(process.argv[2]!);`],
  [
    'import(no-dynamic-require)',
    `declare const require: (name: string) => unknown;\nexport const found = require(process.argv[2]!);`,
  ],
  ['eslint(no-restricted-imports)', `export { sql } from 'kysely';`],
  ['eslint(no-restricted-imports)', `export { render } from 'ejs';`],
  ['eslint(no-restricted-imports)', `export { compile } from 'handlebars';`],
  ['eslint(no-restricted-imports)', `export { template } from 'lodash';`],
  ['eslint(no-restricted-imports)', `export { inflate } from 'pako';`],
  ['eslint(no-restricted-imports)', `export { load } from 'js-yaml';`],
  ['eslint(no-restricted-imports)', `export { unserialize } from 'node-serialize';`],
  ['eslint(no-restricted-imports)', `export { parseString } from 'xml2js';`],
  ['eslint(no-restricted-imports)', `export { default } from 'ssh2/lib/agent.js';`],
  ['eslint(no-restricted-imports)', `export { execa } from 'execa';`],
];

/** What must not stop anybody. */
const allowed: readonly (readonly [folder: string, snippet: string])[] = [
  ['server/sftp', `export { randomBytes } from 'node:crypto';`],
  ['cli', `export { spawn } from 'node:child_process';`],
];

t.test(
  'the lint of the repository refuses what the server must not do, rule by rule',
  async (t) => {
    // Not below `.tap`, which the lint passes over.
    const directory = mkdtempSync(join(tmpdir(), 'waybill-lint-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      writeFileSync(join(directory, name), readFileSync(join(root, name)));
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    const place = (file: string, snippet: string) => {
      mkdirSync(join(directory, file, '..'), { recursive: true });
      const tail = snippet.includes('export') ? '' : 'export {};\n';
      writeFileSync(join(directory, file), `${snippet}\n${tail}`);
    };
    for (const [index, [, snippet]] of forbidden.entries())
      for (const folder of ['server/sftp', 'admin-api']) place(`${folder}/bad${index}.ts`, snippet);
    for (const [index, [folder, snippet]] of allowed.entries())
      place(`${folder}/good${index}.ts`, snippet);
    const findings = lint(directory);
    const of = (file: string) =>
      findings.filter(({ filename }) => filename === file).map(({ code }) => code);
    for (const [index, [rule, snippet]] of forbidden.entries())
      for (const folder of ['server/sftp', 'admin-api'])
        t.ok(
          of(`${folder}/bad${index}.ts`).includes(rule),
          `${folder}: ${snippet.split('\n').at(-1)}`,
        );
    for (const [index, [folder, snippet]] of allowed.entries())
      t.same(of(`${folder}/good${index}.ts`), [], `${folder}: ${snippet}`);
  },
);

function lint(directory: string): Finding[] {
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const folders = ['server', 'admin-api', 'cli'];
  const options = ['--type-aware', '--no-ignore', '--format=json', ...folders];
  // Into a file: it does not wait for a pipe when it ends.
  const file = join(directory, 'findings.json');
  const stdout = openSync(file, 'w');
  // `env -i`: tap puts a loader of its own into NODE_OPTIONS.
  const command = ['-i', `PATH=${process.env['PATH']}`, process.execPath, oxlint, ...options];
  const { stderr } = spawnSync('env', command, {
    cwd: directory,
    stdio: ['ignore', stdout, 'pipe'],
  });
  closeSync(stdout);
  const text = readFileSync(file, 'utf8');
  if (text === '') throw new Error(`oxlint said nothing but ${stderr.toString()}`);
  return (JSON.parse(text) as { diagnostics: Finding[] }).diagnostics;
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runCommand } from './command.ts';
import { plotSvg } from './plot.ts';
import { markdownReport, type Results } from './report.ts';
import { sizes } from './trials/sizes.ts';

/** The results file's neighbours, by its name in lower case: `bench/results.json`, `bench/results.svg`. */
export function neighbours(out: string): { readonly json: string; readonly svg: string } {
  const stem = basename(out).replace(/\.md$/i, '').toLowerCase();
  return { json: join(dirname(out), `${stem}.json`), svg: join(dirname(out), `${stem}.svg`) };
}

export type Earlier =
  | { readonly kind: 'none' }
  | { readonly kind: 'same machine'; readonly results: Results }
  /** `machine` is its line, or what there is instead of one. */
  | { readonly kind: 'other machine'; readonly machine: string };

/** What is in the place of the results file. What can't be read is another machine's: it is not overwritten unasked. */
export function earlierResults(out: string, machineLine: string): Earlier {
  const { json } = neighbours(out);
  if (!existsSync(json)) {
    if (!existsSync(out)) return { kind: 'none' };
    const line = /^- machine: (.*)$/m.exec(readFileSync(out, 'utf8'))?.[1];
    return line === machineLine
      ? { kind: 'none' }
      : { kind: 'other machine', machine: line ?? 'unknown' };
  }
  const results = parsed(readFileSync(json, 'utf8'));
  if (results === undefined) return { kind: 'other machine', machine: 'unknown' };
  return results.machine.line === machineLine
    ? { kind: 'same machine', results }
    : { kind: 'other machine', machine: results.machine.line };
}

function parsed(text: string): Results | undefined {
  try {
    const results = JSON.parse(text) as Results;
    return typeof results.machine.line === 'string' && Array.isArray(results.trials)
      ? results
      : undefined;
  } catch {
    return undefined;
  }
}

/** New results over earlier ones of the same machine; `order` is that of the trials. */
export function merged(earlier: Earlier, results: Results, order: readonly string[]): Results {
  if (earlier.kind !== 'same machine') return results;
  const kept = earlier.results.trials.filter(
    ({ name }) => !results.trials.some((trial) => trial.name === name),
  );
  const trials = [...kept, ...results.trials].toSorted(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  return { ...results, versions: { ...earlier.results.versions, ...results.versions }, trials };
}

/** Writes the three files, in the form that `npm run check` asks for. `root` is the repository. */
export async function writeResults(out: string, results: Results, root: string): Promise<void> {
  const { json, svg } = neighbours(out);
  writeFileSync(out, markdownReport(results, basename(svg)));
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  const series = results.trials.flatMap(({ findings }) => findings.plot ?? []);
  if (series.length > 0) {
    const text = {
      title: 'What a file costs the server, by its size',
      subtitle: `${results.machine.line}; stock client, aes128-gcm`,
      xLabel: 'size of the file',
      yLabel: 'server CPU, milliseconds a file',
      xTicks: sizes.map(({ bytes, text }) => ({ at: Math.max(512, bytes), text })),
    };
    writeFileSync(svg, plotSvg(text, series));
  }
  const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
  if (existsSync(prettier))
    await runCommand(process.execPath, [prettier, '--write', out, json], { timeoutMs: 60_000 });
}

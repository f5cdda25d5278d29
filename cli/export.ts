import type { Command } from 'commander';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openApi } from './api.ts';
import { absolutePath } from './arguments.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { showProgress } from './progress.ts';
import { serverUrl } from './settings.ts';
import type { GlobalOptions } from './settings.ts';
import { jsonText, printable } from './text.ts';
import { formatSize } from './units.ts';

type ExportOptions = {
  readonly agency: string;
  readonly to: string;
  readonly path?: string;
  readonly portable?: boolean;
};

const problemsShownMax = 20;

export function addExportCommand(program: Command, parts: CliParts): void {
  program
    .command('export')
    .description("bring an agency's files out as plain files, each checked against its SHA-256")
    .requiredOption('--agency <code>', 'whose')
    .requiredOption(
      '--to <directory>',
      'a new or empty directory, or that of an export to go on with',
    )
    .option('--path <path>', 'only what is below it, such as /outgoing')
    .option('--portable', 'names that every file system can hold, also those of Windows')
    .addHelpText(
      'after',
      `
The directory then has files/ with the tree, manifest.ndjson with a line for each file (path, file, size, sha256,
receivedAt, receivedFrom, ...), and SHA256SUMS for sha256sum -c. A run that was cut off goes on where it was: run it
again. Where two names are one to the file system, or a name is not possible there, the file gets another, and the
manifest has both. Each file that is read is a download in the ledger.

Example:
  waybill export --agency alameda --to ./alameda --path /outgoing && cd alameda && sha256sum -c --quiet SHA256SUMS`,
    )
    .action(async (options: ExportOptions, command: Command) =>
      exportTree(parts, options, command),
    );
}

async function exportTree(
  parts: CliParts,
  options: ExportOptions,
  command: Command,
): Promise<void> {
  const api = openApi(command, parts);
  const { ExportRecord, readSummary, writeSummary } = await import('./export/record.ts');
  const { nameRulesOf } = await import('./export/names.ts');
  const { TreeExport } = await import('./export/tree.ts');
  const { agency } = options;
  const path = absolutePath(options.path ?? '/').replace(/(?<=.)\/+$/, '');
  const directory = resolve(options.to);
  const server = serverUrl(command.optsWithGlobals<GlobalOptions>(), parts.env).origin;
  checkTarget(directory, await readSummary(directory), { agency, path });
  // Asked first: what is not there makes no directory.
  await api.client.get('/files', { agency, path, limit: 1 });
  mkdirSync(directory, { recursive: true, mode: 0o700 });

  const begun = { agency, path, server, startedAt: new Date(parts.nowMs()).toISOString() };
  await writeSummary(directory, { ...begun, finishedAt: null, files: 0, bytes: 0 });
  const record = await ExportRecord.begin(directory);
  const progress = showProgress(parts);
  progress.begin('files', null);
  const tree = new TreeExport({
    client: api.client,
    agency,
    directory,
    rules: await nameRulesOf(directory, options.portable === true),
    record,
    nowMs: parts.nowMs,
    onBytes: progress.add,
  });
  try {
    await tree.run(path);
    await record.end();
  } catch (error) {
    throw explained(error, directory);
  } finally {
    progress.end();
  }
  const { problems, kept } = tree;
  const { files, bytes } = record;
  const finishedAt = problems.length === 0 ? new Date(parts.nowMs()).toISOString() : null;
  await writeSummary(directory, { ...begun, finishedAt, files, bytes });
  if (api.json) {
    writeLine(
      parts.stdout,
      jsonText({ ...begun, finishedAt, directory, files, bytes, kept, problems }),
    );
  } else {
    writeLine(
      parts.stdout,
      `exported  ${printable(`${agency}:${path}`)} to ${printable(directory)}`,
    );
    writeLine(
      parts.stdout,
      `files     ${files}, ${formatSize(bytes)}, each with the SHA-256 that was recorded; ${kept} were there already`,
    );
  }
  if (problems.length > 0) throw notAll(problems);
}

/** @throws CliFailure for a directory of something else */
function checkTarget(
  directory: string,
  there: { readonly agency: string; readonly path: string } | undefined,
  { agency, path }: { readonly agency: string; readonly path: string },
): void {
  if (there !== undefined && (there.agency !== agency || there.path !== path))
    throw new CliFailure(
      exitCodes.failed,
      `${directory} holds the export of ${there.agency}:${there.path}`,
      ['give another directory with --to'],
    );
  if (there !== undefined || !existsSync(directory)) return;
  const names = readdirSync(directory).filter((name) => name !== 'lost+found');
  if (names.length > 0)
    throw new CliFailure(
      exitCodes.failed,
      `${join(directory, names[0]!)} is there already, and is not of an export`,
      ['give a new or empty directory with --to'],
    );
}

function notAll(problems: readonly string[]): CliFailure {
  const shown = problems.slice(0, problemsShownMax);
  const more = problems.length - shown.length;
  return new CliFailure(
    exitCodes.failed,
    `${problems.length} ${problems.length === 1 ? 'file is' : 'files are'} missing from the export`,
    [...shown, ...(more > 0 ? [`and ${more} more`] : []), 'run it again: what is there is kept'],
  );
}

function explained(error: unknown, directory: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new CliFailure(exitCodes.failed, `there is no room left in ${directory}`, [
    'make room, and run it again: it goes on from there',
  ]);
}

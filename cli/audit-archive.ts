import { createReadStream } from 'node:fs';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { pastArgument } from './arguments.ts';
import { toFile, toStream } from './download.ts';
import { hostConfig, withFaults } from './host.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { printable } from './text.ts';
import type { Column } from './text.ts';
import { formatSize } from './units.ts';

type Archive = {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly from: string;
  readonly to: string;
  readonly file: string;
  readonly bytes: number;
  readonly isFileThere: boolean;
};

const columns: readonly Column<Archive>[] = [
  { title: 'ROWS', value: ({ firstSeq, lastSeq }) => `${firstSeq}-${lastSeq}` },
  { title: 'FROM', value: ({ from }) => from, form: 'time' },
  { title: 'TO', value: ({ to }) => to, form: 'time' },
  { title: 'SIZE', value: ({ bytes }) => bytes, form: 'size' },
  { title: 'FILE', value: ({ file, isFileThere }) => (isFileThere ? file : `${file} (not here)`) },
];

type ReadOptions = { readonly output?: string; readonly force?: boolean };

export function addAuditArchiveCommands(audit: Command, parts: CliParts): void {
  const archive = audit
    .command('archive')
    .description('rows that are older than they have to be kept at hand, in sealed files');

  archive
    .command('run')
    .description('seal them into a file, and delete them: a signed stub stays')
    .option(
      '--before <when>',
      'a date or a time, at least seven years ago; as late as possible unless said',
      pastArgument(parts.nowMs),
    )
    .action(async (options: { readonly before?: string }, command: Command) => {
      const api = openApi(command, parts);
      const { text: _text, ...sealed } = await api.client.post<Archive & { readonly text: string }>(
        '/audit/archives',
        options,
      );
      api.show(sealed);
    });

  archive
    .command('list')
    .description('show what was sealed, the newest first')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await api.list(api.client.pages<Archive>('/audit/archives'), {
        columns,
        none: 'nothing is archived',
      });
    });

  archive
    .command('read <file>')
    .description('on the host: open a sealed file with the master key, as an export of the ledger')
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .addHelpText(
      'after',
      `
The file may lie anywhere. What comes out has no names of files in it: what opens those stays in the database.

Example:
  waybill audit archive read ledger-000000000001-000000120000.sealed -o 2019.ndjson`,
    )
    .action(async (file: string, options: ReadOptions) => readArchive(parts, file, options));
}

async function readArchive(
  parts: CliParts,
  file: string,
  { output, force = false }: ReadOptions,
): Promise<void> {
  const config = await hostConfig(parts);
  const { readKeyMaterial } = await import('../server/setup.ts');
  const { openedArchive } = await import('../server/archive/archive-files.ts');
  const { masterKey } = await withFaults(() => readKeyMaterial(config));
  const chunks = told(openedArchive(masterKey.reveal(), file, createReadStream(file)), file);
  if (output === undefined || output === '-') {
    await toStream(chunks, parts.stdout);
    return;
  }
  const size = await toFile(chunks, output, force, () => undefined);
  writeLine(parts.stderr, `${printable(output)}: ${formatSize(size)}`);
}

async function* told(chunks: AsyncIterable<Uint8Array>, file: string): AsyncIterable<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    throw new CliFailure(exitCodes.failed, printable((error as Error).message), [
      `is ${printable(file)} whole, and is WAYBILL_KEYS_DIR where the master key is that sealed it?`,
    ]);
  }
}

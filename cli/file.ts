import type { Command } from 'commander';
import { openApi } from './api.ts';
import type { Api } from './api.ts';
import { downloadFile } from './download.ts';
import type { Entry } from './download.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { Column } from './text.ts';

const columns: readonly Column<Entry>[] = [
  { title: 'KIND', value: (entry) => entry.kind },
  {
    title: 'SIZE',
    value: (entry) => (entry.kind === 'directory' ? null : entry.size),
    form: 'size',
  },
  { title: 'MODIFIED', value: (entry) => entry.modifiedAt, form: 'time' },
  { title: 'NAME', value: (entry) => entry.name },
  { title: 'ID', value: (entry) => entry.id },
];

export function addFileCommands(program: Command, parts: CliParts): void {
  const file = program.command('file').description("the files in an agency's tree");

  file
    .command('list <agency> [path]')
    .description('list a directory (without a path, the root of the tree)')
    .addHelpText('after', '\nExample:\n  waybill file list alameda /outgoing')
    .action(
      async (agency: string, path: string | undefined, _options: object, command: Command) => {
        const api = openApi(command, parts);
        const at = absolute(path ?? '/');
        await api.list(api.client.pages<Entry>('/files', { agency, path: at }), {
          columns,
          none: `${at} is empty`,
        });
      },
    );

  file
    .command('get <agency> <path>')
    .description(
      'download a file, and check that it arrived whole against the SHA-256 that was recorded when it came in',
    )
    .option('-o, --output <file>', 'where to put it, `-` for stdout; without it, its own name here')
    .option('-f, --force', 'replace a file that exists')
    .addHelpText('after', '\nExample:\n  waybill file get alameda /outgoing/cases.csv -o cases.csv')
    .action(
      async (
        agency: string,
        path: string,
        options: { output?: string; force?: boolean },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        const entry = await entryAt(api, agency, absolute(path));
        await downloadFile(parts, {
          api,
          entry,
          output: options.output,
          force: options.force === true,
        });
      },
    );
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** For the path of a file the API lists that file, and for that of a directory what is in it. */
async function entryAt(api: Api, agency: string, path: string): Promise<Entry> {
  const { items } = await api.client.get<{ items: readonly Entry[] }>('/files', {
    agency,
    path,
    limit: 1,
  });
  const wanted = path.normalize('NFC').replace(/\/+$/, '');
  const found = items.find((entry) => entry.path === wanted && entry.kind === 'file');
  if (found !== undefined) return found;
  throw new CliFailure(
    exitCodes.failed,
    `${path} is a directory; \`waybill file list ${agency} ${path}\` shows what is in it`,
  );
}

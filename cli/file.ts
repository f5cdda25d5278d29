import { Option } from 'commander';
import type { Command } from 'commander';
import { basename, posix } from 'node:path';
import { openApi } from './api.ts';
import { absolutePath } from './arguments.ts';
import { segment } from './client.ts';
import { downloadFile } from './download.ts';
import type { Entry } from './download.ts';
import { entryAt, fileAt } from './entries.ts';
import { addFileVersionCommands } from './file-versions.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';
import { uploadFile } from './upload.ts';

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

type ListOptions = { readonly prefix?: string; readonly sort?: string };
type GetOptions = { readonly output?: string; readonly force?: boolean };

export function addFileCommands(program: Command, parts: CliParts): void {
  const file = program.command('file').description("the files in an agency's tree");

  file
    .command('list <agency> [path]')
    .description('list a directory (without a path, the root of the tree)')
    .option('--prefix <start>', 'only names that begin so')
    .addOption(
      new Option('--sort <order>', '- is from the end (default: name)').choices(['name', '-name']),
    )
    .addHelpText('after', '\nExample:\n  waybill file list alameda /outgoing')
    .action(
      async (agency: string, path: string | undefined, options: ListOptions, command: Command) => {
        const api = openApi(command, parts);
        const at = absolutePath(path ?? '/');
        await api.list(api.client.pages<Entry>('/files', { agency, path: at, ...options }), {
          columns,
          none: `${at} is empty`,
        });
      },
    );

  file
    .command('show <agency> <path>')
    .description('show one file or directory: size, SHA-256, when it came in and who sent it')
    .action(async (agency: string, path: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      api.show(await entryAt(api, agency, path));
    });

  file
    .command('get <agency> <path>')
    .description(
      'download a file, and check that it arrived whole against the SHA-256 that was recorded when it came in',
    )
    .option('-o, --output <file>', 'where to put it, `-` for stdout; without it, its own name here')
    .option('-f, --force', 'replace a file that exists')
    .addHelpText('after', '\nExample:\n  waybill file get alameda /outgoing/cases.csv -o cases.csv')
    .action(async (agency: string, path: string, options: GetOptions, command: Command) => {
      const api = openApi(command, parts);
      const entry = await fileAt(api, agency, path);
      const { output, force = false } = options;
      await downloadFile(parts, { api, entry, output, force });
    });

  addChanges(file, parts);
  addFileVersionCommands(file, parts);
}

function addChanges(file: Command, parts: CliParts): void {
  file
    .command('put <agency> <file> [path]')
    .description('upload a file of this machine; it is published once it is there whole')
    .option('-f, --force', 'replace a file that exists')
    .addHelpText(
      'after',
      `
Without a path, or with one that ends in /, it keeps its own name, in /incoming if nothing else is said.

Examples:
  waybill file put alameda notice.pdf
  waybill file put alameda notice.pdf /incoming/2030/ --force`,
    )
    .action(
      async (
        agency: string,
        source: string,
        path: string | undefined,
        options: { force?: boolean },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        const wanted = absolutePath(path ?? '/incoming/');
        const at = wanted.endsWith('/') ? posix.join(wanted, basename(source)) : wanted;
        const force = options.force === true;
        api.show(await uploadFile(parts, { api, agency, path: at, source, force }));
      },
    );

  file
    .command('mkdir <agency> <path>')
    .description('make a directory')
    .action(async (agency: string, path: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const made = { agency, path: absolutePath(path), kind: 'directory' };
      api.show(await api.client.post<Entry>('/files', made));
    });

  file
    .command('remove <agency> <path>')
    .description('remove a file, or a directory that is empty')
    .option('-y, --yes', 'do not ask')
    .action(async (agency: string, path: string, options: { yes?: boolean }, command: Command) => {
      const api = openApi(command, parts);
      const entry = await entryAt(api, agency, path);
      await confirm(parts, options, `Remove ${agency}:${entry.path}?`);
      await api.client.remove(`/files/${segment(entry.id)}`);
      api.say(`removed ${agency}:${entry.path}`);
    });
}

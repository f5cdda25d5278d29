import type { Command } from 'commander';
import { openApi } from './api.ts';
import { segment } from './client.ts';
import { downloadFile } from './download.ts';
import type { Entry } from './download.ts';
import { fileAt } from './entries.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { confirm } from './terminal.ts';
import type { Column } from './text.ts';

type FileVersion = {
  readonly id: string;
  readonly state: string;
  readonly size: number;
  readonly sha256: string;
  readonly receivedAt: string;
  readonly receivedFrom: string | null;
};

const columns: readonly Column<FileVersion>[] = [
  { title: 'ID', value: (version) => version.id },
  { title: 'STATE', value: (version) => version.state },
  { title: 'RECEIVED', value: (version) => version.receivedAt, form: 'time' },
  { title: 'FROM', value: (version) => version.receivedFrom },
  { title: 'SIZE', value: (version) => version.size, form: 'size' },
  { title: 'SHA-256', value: (version) => version.sha256.slice(0, 16) },
];

type GetOptions = { readonly output?: string; readonly force?: boolean };

/** What a file held before. */
export function addFileVersionCommands(file: Command, parts: CliParts): void {
  file
    .command('versions <agency> <path>')
    .description('list what a file holds and held, the newest first')
    .action(async (agency: string, path: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const { id } = await fileAt(api, agency, path);
      const versions = api.client.pages<FileVersion>(`/files/${segment(id)}/versions`);
      await api.list(versions, { columns, none: 'no versions' });
    });

  file
    .command('get-version <agency> <path> <version>')
    .description('download a previous version, as `file get` does')
    .option('-o, --output <file>', 'where to put it, `-` for stdout; without it, its own name here')
    .option('-f, --force', 'replace a file that exists')
    .action(
      async (
        agency: string,
        path: string,
        version: string,
        options: GetOptions,
        command: Command,
      ) => {
        const api = openApi(command, parts);
        const entry = await fileAt(api, agency, path);
        const { size, sha256 } = await versionOf(
          api.client.pages<FileVersion>(`/files/${segment(entry.id)}/versions`),
          version,
        );
        const from = `/files/${segment(entry.id)}/versions/${segment(version)}/content`;
        const { output, force = false } = options;
        await downloadFile(parts, { api, entry: { ...entry, size, sha256 }, from, output, force });
      },
    );

  file
    .command('restore <agency> <path> <version>')
    .description(
      'make a previous version the content again; what is that now becomes a previous one',
    )
    .option('-y, --yes', 'do not ask')
    .action(
      async (
        agency: string,
        path: string,
        version: string,
        options: { yes?: boolean },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        const { id } = await fileAt(api, agency, path);
        await confirm(parts, options, `Replace the content of ${agency}:${path}?`);
        const url = `/files/${segment(id)}/versions/${segment(version)}/restoration`;
        api.show(await api.client.post<Entry>(url, {}));
      },
    );

  file
    .command('remove-version <agency> <path> <version>')
    .description('destroy a previous version; only its record stays')
    .option('-y, --yes', 'do not ask')
    .action(
      async (
        agency: string,
        path: string,
        version: string,
        options: { yes?: boolean },
        command: Command,
      ) => {
        const api = openApi(command, parts);
        const { id } = await fileAt(api, agency, path);
        await confirm(parts, options, `Destroy version ${version} of ${agency}:${path}?`);
        await api.client.remove(`/files/${segment(id)}/versions/${segment(version)}`);
        api.say(`removed version ${version} of ${agency}:${path}`);
      },
    );
}

async function versionOf(
  pages: AsyncIterable<readonly FileVersion[]>,
  id: string,
): Promise<FileVersion> {
  for await (const page of pages) for (const version of page) if (version.id === id) return version;
  throw new CliFailure(exitCodes.failed, `the file has no version ${id}`);
}

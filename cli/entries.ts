import { posix } from 'node:path';
import type { Api } from './api.ts';
import { absolutePath } from './arguments.ts';
import type { Entry } from './download.ts';
import { CliFailure, exitCodes } from './parts.ts';

/** What lies at a path. The API lists a file for its own path, and a directory in that of its parent. */
export async function entryAt(api: Api, agency: string, path: string): Promise<Entry> {
  const wanted = canonical(path);
  const { items } = await api.client.get<{ items: readonly Entry[] }>('/files', {
    agency,
    path: wanted,
    limit: 1,
  });
  const found = items.find((entry) => entry.path === wanted);
  if (found !== undefined) return found;
  const parent = posix.dirname(wanted);
  for await (const page of api.client.pages<Entry>('/files', { agency, path: parent }))
    for (const entry of page) if (entry.path === wanted) return entry;
  throw new CliFailure(exitCodes.failed, `${wanted} is the root of the tree`);
}

/** @throws CliFailure for a directory */
export async function fileAt(api: Api, agency: string, path: string): Promise<Entry> {
  const wanted = canonical(path);
  const { items } = await api.client.get<{ items: readonly Entry[] }>('/files', {
    agency,
    path: wanted,
    limit: 1,
  });
  const found = items.find((entry) => entry.path === wanted && entry.kind === 'file');
  if (found !== undefined) return found;
  throw new CliFailure(
    exitCodes.failed,
    `${path} is a directory; \`waybill file list ${agency} ${path}\` shows what is in it`,
  );
}

function canonical(path: string): string {
  return absolutePath(path)
    .normalize('NFC')
    .replace(/(?<=.)\/+$/, '');
}

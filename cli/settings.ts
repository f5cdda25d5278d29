import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';

export type GlobalOptions = {
  readonly url?: string;
  readonly keyFile?: string;
  readonly json?: boolean;
};

export type ApiSettings = { readonly url: URL; readonly key: string };

export const defaultUrl = 'http://127.0.0.1:8022';

/** Which server, and with which key. The key is never an argument: other users of a machine see those. */
export function apiSettings(options: GlobalOptions, parts: CliParts): ApiSettings {
  const url = serverUrl(options, parts.env);
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    writeLine(
      parts.stderr,
      `waybill: warning: the API key goes to ${url.origin} without encryption`,
    );
  }
  return { url, key: apiKey(options, parts.env) };
}

export function serverUrl(options: Pick<GlobalOptions, 'url'>, env: CliParts['env']): URL {
  const text = options.url ?? (env['WAYBILL_URL'] || defaultUrl);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new CliFailure(
      exitCodes.usage,
      `${text} is not the URL of a server; write it like ${defaultUrl}`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new CliFailure(
      exitCodes.usage,
      'the URL must not hold a user name or password; the API key goes into a file (--key-file)',
    );
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export function initialKeyFile(env: CliParts['env']): string {
  return join(env['WAYBILL_DATA_DIR'] || './data', 'initial-admin-key');
}

function apiKey(options: GlobalOptions, env: CliParts['env']): string {
  const file = options.keyFile ?? (env['WAYBILL_API_KEY_FILE'] || undefined);
  if (file !== undefined) return checkedKey(readKeyFile(file), file);
  const key = env['WAYBILL_API_KEY'];
  if (key !== undefined && key !== '') return checkedKey(key, 'WAYBILL_API_KEY');
  const initial = initialKeyFile(env);
  try {
    return checkedKey(readFileSync(initial, 'utf8'), initial);
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(
      exitCodes.usage,
      `no API key: --key-file, WAYBILL_API_KEY_FILE and WAYBILL_API_KEY are not given, and ${initial} cannot be read`,
      ["on the server's own host, `waybill admin-key issue --name <name>` makes a new key"],
    );
  }
}

function readKeyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliFailure(
      exitCodes.usage,
      `cannot read the API key file ${file}: ${(error as Error).message}`,
    );
  }
}

function checkedKey(text: string, origin: string): string {
  const key = text.trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) {
    throw new CliFailure(exitCodes.usage, `${origin} does not hold an API key (one line, wb_...)`);
  }
  return key;
}

import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument, pastArgument } from './arguments.ts';
import { pageItemsFor, segment } from './client.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { saveSigned } from './save-signed.ts';
import { verifySigned, type SignedKind } from './signed-verify.ts';
import { printable } from './text.ts';
import type { Column } from './text.ts';

export type Receipt = {
  readonly receiptId: string;
  readonly kind: 'received' | 'collected';
  readonly agency: string | null;
  readonly user: string;
  readonly tree: string;
  readonly path: string;
  readonly size: number;
  readonly issuedAt: string;
  readonly collectedBy?: { readonly user: string };
  readonly signedUpload?: { readonly result: string };
};

export type SignedReceipt = {
  readonly receipt: Receipt;
  readonly text: string;
  readonly signature: string;
};

export const receiptColumns: readonly Column<Receipt>[] = [
  { title: 'ID', value: ({ receiptId }) => receiptId },
  { title: 'ISSUED', value: ({ issuedAt }) => issuedAt, form: 'time' },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'SENDER', value: ({ user }) => user },
  { title: 'TREE', value: ({ tree }) => tree },
  { title: 'PATH', value: ({ path }) => path },
  { title: 'SIZE', value: ({ size }) => size, form: 'size' },
  { title: 'BY', value: ({ collectedBy }) => collectedBy?.user ?? null },
  { title: 'SIGNED', value: ({ signedUpload }) => signedUpload?.result ?? null },
];

const rowsShown = 100;

const kind: SignedKind = {
  noun: 'receipt',
  namespace: 'waybill-receipt',
  path: '/receipts',
  signedAt: 'issuedAt',
  id: 'receiptId',
};

type Filter = {
  readonly agency?: string;
  readonly user?: string;
  readonly path?: string;
  readonly sha256?: string;
  readonly kind?: string;
  readonly from?: string;
  readonly to?: string;
};

export function addReceiptCommands(program: Command, parts: CliParts): void {
  const receipt = program
    .command('receipt')
    .description('the signed receipts that senders have of their files');

  receipt
    .command('list')
    .description(`search them, the newest first (${rowsShown} of them; with --json, all)`)
    .option('--agency <code>', 'given to this agency')
    .option('--user <name>', 'of what this user sent')
    .option('--path <path>', 'exactly this path')
    .option('--sha256 <hex>', 'of a content with this SHA-256')
    .addOption(new Option('--kind <kind>', 'of this kind').choices(['received', 'collected']))
    .option(
      '--from <when>',
      'issued from then on: a date, a time with its zone, or how long ago (24h, 7d)',
      pastArgument(parts.nowMs),
    )
    .option('--to <when>', 'issued before then, written the same way', pastArgument(parts.nowMs))
    .option('--limit <count>', 'how many rows', countArgument)
    .action(async ({ limit, ...filter }: Filter & { limit?: number }, command: Command) => {
      const api = openApi(command, parts);
      const rowsMax = limit ?? (api.json ? undefined : rowsShown);
      const query = { ...filter, limit: pageItemsFor(rowsMax) };
      await api.list(api.client.pages<Receipt>(kind.path, query), {
        columns: receiptColumns,
        none: 'no such receipts',
        rowsMax,
        more: 'there are older ones: narrow the search, or ask for more with --limit',
      });
    });

  receipt
    .command('show <id>')
    .description('show one')
    .action(async (id: string, _options: object, command: Command) => {
      const api = openApi(command, parts);
      const signed = await api.client.get<SignedReceipt>(`${kind.path}/${segment(id)}`);
      return api.show(api.json ? signed : signed.receipt);
    });

  receipt
    .command('save <id>')
    .description('write what is signed to a file, and its signature beside it')
    .option('-o, --output <file>', 'where to; <id>.json unless said')
    .option('--force', 'replace what is there')
    .addHelpText(
      'after',
      `
OpenSSH verifies it with the public keys of \`waybill certificate signers\`; the time is its issuedAt, in UTC:

  waybill certificate signers > allowed_signers
  waybill receipt save 0197f3a1c2db4e5f8a9b0c1d2e3f4a5b -o receipt.json
  ssh-keygen -Y verify -f allowed_signers -I waybill -n waybill-receipt -Overify-time=20261122101530Z \\
    -s receipt.json.sig < receipt.json`,
    )
    .action(async (id: string, options: SaveOptions, command: Command) => {
      const api = openApi(command, parts);
      const signed = await api.client.get<SignedReceipt>(`${kind.path}/${segment(id)}`);
      const output = options.output ?? `${signed.receipt.receiptId}.json`;
      await saveSigned(signed, output, options.force);
      api.say(`${printable(output)}, and its signature ${printable(output)}.sig`);
    });

  receipt
    .command('verify <id-or-file...>')
    .description('check signatures on this machine: exit status 0 where all are good, 1 otherwise')
    .option(
      '--allowed-signers <file>',
      'the keys to trust; without it, those that the server names',
    )
    .addHelpText(
      'after',
      `
A file is one of /receipts or of \`receipt save\`, with its signature beside it. Keep the allowed signers that you were given
when the server was set up: a server that was taken over would name its own.

Examples:
  waybill receipt verify 0197f3a1c2db4e5f8a9b0c1d2e3f4a5b
  waybill receipt verify 20261122T*.json --allowed-signers allowed_signers`,
    )
    .action(async (wanted: string[], options: { allowedSigners?: string }, command: Command) => {
      const api = openApi(command, parts);
      const signersFile = options.allowedSigners;
      const { good, bad } = await verifySigned(parts, api, kind, { wanted, signersFile });
      if (bad > 0)
        throw new CliFailure(exitCodes.failed, `${bad} of ${good + bad} receipts are not good`);
      api.say(`${good} good`);
    });
}

type SaveOptions = { readonly output?: string; readonly force?: boolean };

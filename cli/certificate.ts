import { Option } from 'commander';
import type { Command } from 'commander';
import { openApi } from './api.ts';
import { countArgument, pastArgument } from './arguments.ts';
import { bodyOf } from './body.ts';
import { pageItemsFor, segment, withQuery } from './client.ts';
import { toStream } from './download.ts';
import { CliFailure, exitCodes } from './parts.ts';
import type { CliParts } from './parts.ts';
import { saveAnswer, type SaveTarget } from './save.ts';
import { saveSigned } from './save-signed.ts';
import { verifySigned, type SignedKind } from './signed-verify.ts';
import { type Actor, type Rule, actorText, ruleText } from './retention-text.ts';
import { printable } from './text.ts';
import type { Column } from './text.ts';

type Certificate = {
  readonly id: string;
  readonly agency: string;
  readonly path: string;
  readonly target: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly purgedAt: string;
  readonly jobName: string;
};

type Shown = {
  readonly rule: Rule;
  readonly requestedBy: Actor;
  readonly approvedBy: Actor | null;
  readonly server: { readonly name: string; readonly version: string };
};

type Signed = {
  readonly certificate: Shown;
  readonly text: string;
  readonly signature: string;
};

const columns: readonly Column<Certificate>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'PURGED', value: ({ purgedAt }) => purgedAt, form: 'time' },
  { title: 'AGENCY', value: ({ agency }) => agency },
  { title: 'PATH', value: ({ path }) => path },
  { title: 'WHAT', value: ({ target }) => target },
  { title: 'SIZE', value: ({ size }) => size, form: 'size' },
  { title: 'JOB', value: ({ jobName }) => jobName },
];

const rowsShown = 100;

const kind: SignedKind = {
  noun: 'certificate',
  namespace: 'waybill-destruction',
  path: '/certificates',
  query: { format: 'json' },
  signedAt: 'purgedAt',
  id: 'id',
};

type Filter = {
  readonly agency?: string;
  readonly path?: string;
  readonly sha256?: string;
  readonly run?: string;
  readonly from?: string;
  readonly to?: string;
};

export function addCertificateCommands(program: Command, parts: CliParts): void {
  const certificate = program
    .command('certificate')
    .description('the signed certificates of what was destroyed');

  withFilters(
    certificate
      .command('list')
      .description(`search them, the newest first (${rowsShown} of them; with --json, all)`),
    parts,
  )
    .option('--limit <count>', 'how many rows', countArgument)
    .action(async ({ limit, ...filter }: Filter & { limit?: number }, command: Command) => {
      const api = openApi(command, parts);
      const rowsMax = limit ?? (api.json ? undefined : rowsShown);
      const query = { ...queryOf(filter), limit: pageItemsFor(rowsMax) };
      await api.list(api.client.pages<Certificate>('/certificates', query), {
        columns,
        none: 'no such certificates',
        rowsMax,
        more: 'there are older ones: narrow the search, or ask for more with --limit',
      });
    });

  certificate
    .command('show <id>')
    .description('show one')
    .option('--html', 'write a page to print')
    .option('-o, --output <file>', 'write what is signed to a file, and its signature beside it')
    .option('--force', 'replace what is there')
    .addHelpText(
      'after',
      `
With -o, OpenSSH can verify it, too, with the public keys of \`waybill certificate signers\`; the time is its purgedAt, in UTC:

  waybill certificate signers > allowed_signers
  waybill certificate show <id> -o certificate.json
  ssh-keygen -Y verify -f allowed_signers -I waybill -n waybill-destruction -Overify-time=20261122101530Z \\
    -s certificate.json.sig < certificate.json`,
    )
    .action(async (id: string, options: ShowOptions, command: Command) => {
      const api = openApi(command, parts);
      const path = `/certificates/${segment(id)}`;
      if (options.html === true) {
        const page = await api.client.download(withQuery(path, { format: 'html' }));
        await saveAnswer(parts, page, options);
        return;
      }
      const signed = await api.client.get<Signed>(path, { format: 'json' });
      if (options.output === undefined)
        return api.show(api.json ? signed : readable(signed.certificate));
      await saveSigned(signed, options.output, options.force);
      api.say(`${printable(options.output)}, and its signature ${printable(options.output)}.sig`);
    });

  withFilters(
    certificate
      .command('export')
      .description('write all that a search finds, with their signatures unless as csv or html'),
    parts,
  )
    .addOption(
      new Option('--format <format>', 'ndjson: a line of JSON each; html: a page to print')
        .choices(['ndjson', 'csv', 'html'])
        .default('ndjson'),
    )
    .option('-o, --output <file>', 'where to; stdout unless said')
    .option('--force', 'replace what is there')
    .action(async (options: ExportOptions, command: Command) => {
      const { output, force, format, ...filter } = options;
      const api = openApi(command, parts);
      const path = withQuery('/certificates/export', { ...queryOf(filter), format });
      await saveAnswer(parts, await api.client.download(path), { output, force });
    });

  certificate
    .command('signers')
    .description('write the public keys that sign here, as `ssh-keygen -Y verify -f` takes them')
    .action(async (_options: object, command: Command) => {
      const api = openApi(command, parts);
      await toStream(bodyOf(await api.client.download('/allowed-signers')), parts.stdout);
    });

  certificate
    .command('verify <id-or-file...>')
    .description('check signatures on this machine: exit status 0 where all are good, 1 otherwise')
    .option(
      '--allowed-signers <file>',
      'the keys to trust; without it, those that the server names',
    )
    .addHelpText(
      'after',
      `
A file is an export (ndjson), or what \`certificate show -o\` wrote, with its signature beside it. Keep the allowed signers
that you were given when the server was set up: a server that was taken over would name its own.

Examples:
  waybill certificate verify 0197f3a1c2db4e5f8a9b0c1d2e3f4a5b
  waybill certificate verify certificates.ndjson --allowed-signers allowed_signers`,
    )
    .action(async (wanted: string[], options: { allowedSigners?: string }, command: Command) => {
      const api = openApi(command, parts);
      const { good, bad } = await verifySigned(parts, api, kind, {
        wanted,
        signersFile: options.allowedSigners,
      });
      if (bad > 0)
        throw new CliFailure(exitCodes.failed, `${bad} of ${good + bad} certificates are not good`);
      api.say(`${good} good`);
    });
}

/** Where something is written to: stdout without a name. */
type ShowOptions = SaveTarget & { readonly html?: boolean };
type ExportOptions = Filter & SaveTarget & { readonly format: string };

/** The certificate for people: `--json`, and the file that is signed, have it as it is. */
function readable(certificate: Shown): object {
  const { rule, requestedBy, approvedBy, server } = certificate;
  return {
    ...certificate,
    rule: ruleText(rule),
    requestedBy: actorText(requestedBy),
    approvedBy: actorText(approvedBy),
    server: `${server.name} ${server.version}`,
  };
}

function withFilters(command: Command, { nowMs }: CliParts): Command {
  return command
    .option('--agency <code>', 'of this agency')
    .option('--path <path>', 'exactly this path')
    .option('--sha256 <hex>', 'of a content with this SHA-256')
    .option('--run <run>', 'of this run')
    .option(
      '--from <when>',
      'purged from then on: a date, a time with its zone, or how long ago (24h, 7d)',
      pastArgument(nowMs),
    )
    .option('--to <when>', 'purged before then, written the same way', pastArgument(nowMs));
}

function queryOf({ run, ...filter }: Filter) {
  return { ...filter, ...(run !== undefined && { runId: run }) };
}

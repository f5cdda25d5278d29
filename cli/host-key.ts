import { Option } from 'commander';
import type { Command } from 'commander';
import type { HostKeyFile, HostKeyKind } from '../server/host-key-files.ts';
import { hostConfig, withFaults } from './host.ts';
import { writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { GlobalOptions } from './settings.ts';
import { confirm } from './terminal.ts';
import { jsonText, tableText } from './text.ts';
import type { Column } from './text.ts';

const columns: readonly Column<HostKeyFile>[] = [
  { title: 'TYPE', value: (key) => key.kind },
  { title: 'ROLE', value: (key) => key.role },
  { title: 'FINGERPRINT', value: (key) => key.fingerprint },
  { title: 'FILE', value: (key) => key.path },
];

const help = `
A new key takes three steps, weeks apart. After each, restart the server.
  waybill host-key add     makes the next key. Clients that come are told of it (OpenSSH stores it by itself:
                           UpdateHostKeys); others have to be given its line: waybill host-key list --json
  waybill host-key use     the next key takes the place of the one in use, which OpenSSH's clients then forget
Whoever was not there in between sees a changed key, and has to be told that it is right.`;

/** Verbs of the host's owner: they work on the keys directory itself. */
export function addHostKeyCommands(program: Command, parts: CliParts): void {
  const hostKey = program
    .command('host-key')
    .description("the server's SSH host keys, and how one follows another (on the host itself)")
    .addHelpText('after', help);
  const typed = () =>
    new Option('--type <type>', 'which kind of key')
      .choices(['ed25519', 'ecdsa'])
      .default('ed25519');

  hostKey
    .command('list')
    .description('list the host keys: in use, and the next')
    .action(async (_options: object, command: Command) => {
      const { listHostKeys, config } = await load(parts);
      const keys = await withFaults(() => listHostKeys(config.keysDirectory));
      if (isJson(command)) writeLine(parts.stdout, jsonText(keys));
      else if (keys.length === 0) writeLine(parts.stderr, 'no host key; `waybill init` makes one');
      else writeLine(parts.stdout, tableText(keys, columns));
    });

  hostKey
    .command('add')
    .description('make the next host key, of which clients are told before it is used')
    .addOption(typed())
    .action(async ({ type }: { type: HostKeyKind }, command: Command) => {
      const { addHostKey, config } = await load(parts);
      const key = await withFaults(() => addHostKey(config.keysDirectory, type));
      if (isJson(command)) writeLine(parts.stdout, jsonText(key));
      else
        writeLine(
          parts.stdout,
          `made  ${key.path}\n      ${key.fingerprint}\n      ${key.publicKey}`,
        );
      writeLine(
        parts.stderr,
        key.role === 'next'
          ? 'next: back up the keys directory and restart the server; once clients have learnt it, `waybill host-key use`'
          : 'next: back up the keys directory and restart the server, which uses it from then on',
      );
    });

  hostKey
    .command('use')
    .description('put the next host key in the place of the one in use')
    .addOption(typed())
    .option('-y, --yes', 'do not ask')
    .action(
      async ({ type, ...options }: { type: HostKeyKind; yes?: boolean }, command: Command) => {
        const { useNextHostKey, config } = await load(parts);
        await confirm(
          parts,
          options,
          'Clients that have not learnt the next key will refuse to connect. Use it?',
        );
        const done = await withFaults(() =>
          useNextHostKey(config.keysDirectory, type, new Date(parts.nowMs())),
        );
        if (isJson(command)) writeLine(parts.stdout, jsonText(done));
        else writeLine(parts.stdout, `in use   ${done.used}\nretired  ${done.retired}`);
        writeLine(parts.stderr, 'next: back up the keys directory and restart the server');
      },
    );
}

/** Loaded here, so that the commands that only speak HTTP start without the server's parts. */
async function load(parts: CliParts) {
  const config = await hostConfig(parts);
  return { ...(await import('../server/host-key-files.ts')), config };
}

function isJson(command: Command): boolean {
  return command.optsWithGlobals<GlobalOptions>().json === true;
}

import type { Command } from 'commander';
import { hostConfig, withFaults } from './host.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';

export function addEvidenceKeyCommands(program: Command, parts: CliParts): void {
  const evidenceKey = program
    .command('evidence-key')
    .description("the key that signs receipts and certificates, on the server's own host");

  evidenceKey
    .command('rotate')
    .description('have the server that runs here sign with a new key, and destroy the old one')
    .addHelpText(
      'after',
      `
What the old key signed verifies as before: its public half stays in allowed_signers, with the time at which it ended. Hand
the new allowed_signers (\`waybill certificate signers\`) to who keeps a copy. A backup that was taken before has the old
key: a server that is restored from it signs with that one, so rotate again there.`,
    )
    .action(async (_options: object, command: Command) => {
      const { dataDirectory } = await hostConfig(parts);
      const { askForRotation } = await import('../server/control.ts');
      const rotated = await withFaults(() => askForRotation(dataDirectory));
      if (rotated === undefined)
        throw new CliFailure(
          exitCodes.unreachable,
          `no server runs on ${dataDirectory}: the ledger has to know of the new key first`,
          ['start it, or set WAYBILL_DATA_DIR to its data directory'],
        );
      const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
      const { fingerprint, former } = rotated;
      const words = `${fingerprint} signs from now on; ${former} is destroyed`;
      writeLine(parts.stdout, json ? JSON.stringify(rotated) : words);
    });
}

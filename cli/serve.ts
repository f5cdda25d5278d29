import type { Command } from 'commander';
import type { CliParts } from './parts.ts';

export function addServeCommand(program: Command, parts: CliParts): void {
  program
    .command('serve')
    .description('run the server until it is stopped (Ctrl-C, SIGTERM)')
    .addHelpText(
      'after',
      `
It is configured with WAYBILL_* variables: WAYBILL_DATA_DIR (./data), WAYBILL_KEYS_DIR (./keys),
WAYBILL_SFTP_HOST and _PORT (0.0.0.0, 2022), WAYBILL_ADMIN_HOST and _PORT (127.0.0.1, 8022), WAYBILL_WORKERS,
WAYBILL_PROFILE (baseline or pub1075), WAYBILL_LOG_LEVEL (info), WAYBILL_BANNER_FILE.

Example:
  WAYBILL_DATA_DIR=/var/lib/waybill WAYBILL_KEYS_DIR=/etc/waybill/keys waybill serve`,
    )
    .action(async () => {
      const { runServer } = await import('../server/main.ts');
      await runServer({ ...parts.env });
    });
}

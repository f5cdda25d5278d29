import { Command, CommanderError } from 'commander';
import { addAdminKeyCommands } from './admin-key.ts';
import { addAgencyCommands } from './agency.ts';
import { addAuditCommands } from './audit.ts';
import { addBackupCommands } from './backup.ts';
import { addBanCommands } from './ban.ts';
import { addCompletionCommand } from './completion.ts';
import { addCertificateCommands } from './certificate.ts';
import { addChangeCommands } from './change.ts';
import { addDoctorCommand } from './doctor.ts';
import { addEvidenceKeyCommands } from './evidence-key.ts';
import { addExportCommand } from './export.ts';
import { addFileCommands } from './file.ts';
import { addForwarderCommands } from './forwarder.ts';
import { addHealthCommand } from './health.ts';
import { addHoldCommands } from './hold.ts';
import { addHostKeyCommands } from './host-key.ts';
import { addInitCommand } from './init.ts';
import { addKeyCommands } from './key.ts';
import { addUserCaCommands } from './user-ca.ts';
import { addUserCertificateCommands } from './user-certificate.ts';
import { addLegacyInteropCommands } from './legacy-interop.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { addReceiptCommands } from './receipt.ts';
import { addReportCommands } from './report.ts';
import { addRestoreCommand } from './restore.ts';
import { addRetentionCommands } from './retention.ts';
import { addRetentionJobCommands } from './retention-job.ts';
import { addRetentionRunCommands } from './retention-run.ts';
import { addReviewCommands } from './review.ts';
import { addServeCommand } from './serve.ts';
import { addSessionCommands } from './session.ts';
import { defaultUrl } from './settings.ts';
import { printable } from './text.ts';
import { addTransferCommands } from './transfer.ts';
import { addUserCommands } from './user.ts';
import { packageVersion } from './version.ts';

const examples = `
Examples:
  waybill serve
  waybill agency add alameda --kind lcsa --name "Alameda County"
  waybill user add amy --agency alameda --name "Amy Ortiz"
  waybill key add amy ~/.ssh/id_ed25519.pub
  waybill audit search --from 24h --outcome refused

The API key comes from --key-file, WAYBILL_API_KEY_FILE, WAYBILL_API_KEY, or <WAYBILL_DATA_DIR>/initial-admin-key.
Exit status: 0 done, 1 refused or failed, 2 wrong use, 3 the server cannot be reached, 4 the change waits for a second
administrator.`;

/** Runs one command line (without the program's own name), and returns the exit status. */
export async function runCli(argv: readonly string[], parts: CliParts): Promise<number> {
  const program = createProgram(parts);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      const asked = ['commander.helpDisplayed', 'commander.version'].includes(error.code);
      return asked || (error.code === 'commander.help' && error.exitCode === 0)
        ? exitCodes.ok
        : exitCodes.usage;
    }
    if (!(error instanceof CliFailure)) throw error;
    writeLine(parts.stderr, `waybill: ${printable(error.message)}`);
    for (const detail of error.details) writeLine(parts.stderr, `  ${printable(detail)}`);
    return error.exitCode;
  }
}

function createProgram(parts: CliParts): Command {
  const program = new Command('waybill');
  program
    .description('Waybill: managed file transfer over SFTP. Administers a server through its API.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('--url <url>', `the admin API (default: WAYBILL_URL or ${defaultUrl})`)
    .option('--key-file <file>', 'a file with the API key')
    .option('--json', "print the API's JSON; lists as an array with all pages")
    .addHelpText('after', examples)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void parts.stdout.write(text),
      writeErr: (text) => void parts.stderr.write(text),
      outputError: (text, write) =>
        write(
          printable(text.trimEnd())
            .replaceAll('\\u000a', '\n  ')
            .replace(/^error: /, 'waybill: ') + '\n',
        ),
    })
    .showHelpAfterError('(--help shows how to use it)')
    .exitOverride();
  addAgencyCommands(program, parts);
  addUserCommands(program, parts);
  addKeyCommands(program, parts);
  addFileCommands(program, parts);
  addTransferCommands(program, parts);
  addSessionCommands(program, parts);
  addBanCommands(program, parts);
  addLegacyInteropCommands(program, parts);
  addUserCaCommands(program, parts);
  addUserCertificateCommands(program, parts);
  addHoldCommands(program, parts);
  addRetentionJobCommands(program, parts);
  addRetentionRunCommands(program, parts);
  addRetentionCommands(program, parts);
  addCertificateCommands(program, parts);
  addReceiptCommands(program, parts);
  addAuditCommands(program, parts);
  addReportCommands(program, parts);
  addReviewCommands(program, parts);
  addAdminKeyCommands(program, parts);
  addChangeCommands(program, parts);
  addForwarderCommands(program, parts);
  addServeCommand(program, parts);
  addInitCommand(program, parts);
  addHostKeyCommands(program, parts);
  addHealthCommand(program, parts);
  addDoctorCommand(program, parts);
  addEvidenceKeyCommands(program, parts);
  addBackupCommands(program, parts);
  addRestoreCommand(program, parts);
  addExportCommand(program, parts);
  addCompletionCommand(program, parts);
  return program;
}

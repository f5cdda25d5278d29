import type { Command } from 'commander';
import type { Finding } from './doctor/finding.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import type { GlobalOptions } from './settings.ts';
import { jsonText, printable } from './text.ts';

export function addDoctorCommand(program: Command, parts: CliParts): void {
  program
    .command('doctor')
    .description("check this host's installation: one line a check, exit status 1 if any fails")
    .option(
      '--deep',
      'also read every stored file and compare it with its SHA-256 (reads all of the data)',
    )
    .addHelpText(
      'after',
      `
Run it as the user that runs the server, with the same WAYBILL_* variables. It repairs nothing. While the server runs
it looks at a copy of the database, which it makes in the data directory and removes, and leaves the files alone. Such
copies that killed commands left it removes, too.

Each line: ok, warn, fail or skip; what was checked; what was found (what to do).

Examples:
  waybill doctor
  waybill doctor --deep --json`,
    )
    .action(async (options: { deep?: boolean }, command: Command) => {
      const { examine } = await import('./doctor/examine.ts');
      const json = command.optsWithGlobals<GlobalOptions>().json === true;
      const findings: Finding[] = [];
      for await (const finding of examine({
        env: parts.env,
        nowMs: parts.nowMs,
        deep: options.deep === true,
      })) {
        findings.push(finding);
        if (!json) writeLine(parts.stdout, findingLine(finding));
      }
      if (json) writeLine(parts.stdout, jsonText(findings));
      const failed = findings.filter((finding) => finding.level === 'fail').length;
      if (failed > 0)
        throw new CliFailure(
          exitCodes.failed,
          `${failed} ${failed === 1 ? 'check' : 'checks'} failed`,
        );
    });
}

function findingLine({ level, name, detail, todo }: Finding): string {
  const told = todo === undefined ? detail : `${detail} (${todo})`;
  return `${level.padEnd(4)}  ${name.padEnd(13)}  ${printable(told)}`;
}

import type { Command } from 'commander';
import { hostConfig } from './host.ts';
import { CliFailure, exitCodes, writeLine } from './parts.ts';
import type { CliParts } from './parts.ts';
import { askReadiness, readinessUrl } from './readiness.ts';

const answerCharactersMax = 300;

export function addHealthCommand(program: Command, parts: CliParts): void {
  program
    .command('health')
    .description('ask the server of this host whether it is ready: exit status 0 if it is')
    .addHelpText(
      'after',
      `
For whoever watches the process, such as a container's health check. It takes no API key, and finds the server by the
same WAYBILL_* variables: address, port, and whether it speaks TLS. A server that wants client certificates answers
nobody who has none; that it listens counts then.

Example:
  waybill health || systemctl status waybill`,
    )
    .action(async () => {
      const config = await hostConfig(parts);
      const url = readinessUrl(config).href;
      const readiness = await askReadiness(config);
      switch (readiness.kind) {
        case 'answer': {
          if (readiness.status === 200) return writeLine(parts.stdout, `ready at ${url}`);
          const answer = readiness.text.slice(0, answerCharactersMax).replace(/\s+/g, ' ');
          throw new CliFailure(
            exitCodes.failed,
            `it is not ready: ${url} answers ${readiness.status}: ${answer}`,
          );
        }
        case 'certificate-wanted':
          return writeLine(parts.stdout, `it listens at ${url}, and wants a client certificate`);
        case 'silence':
          throw new CliFailure(
            exitCodes.unreachable,
            `${url} does not answer (${readiness.reason})`,
          );
      }
    });
}

import { basename } from 'node:path';
import { readConfig, type Config } from './config.ts';
import { kindOfKey } from './connection/host-keys.ts';
import { Fault } from './domain/faults.ts';
import { createLog, type Logger } from './log.ts';
import { startServer, type RunningServer } from './server.ts';

/** What a stop may take beyond the time that transfers are given. */
const closeMsMax = 15_000;
/** For whoever reads the log to take its last lines. */
const logMsMax = 2_000;
const failedStartMsMax = 2_000;

/** The process edge: environment in, exit status out. */
export async function runServer(environment: NodeJS.ProcessEnv): Promise<void> {
  let config: Config;
  let server: RunningServer;
  let log: Logger;
  try {
    config = readConfig(environment);
    log = createLog(config.logLevel, process.stdout.isTTY);
    server = await startServer(config, log);
  } catch (error) {
    complain(error);
    process.exitCode = 1;
    // Whatever a start that failed half-way still holds open must not keep the process: it would neither serve nor end.
    setTimeout(() => process.exit(), failedStartMsMax).unref();
    return;
  }
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), config.limits.stopMsMax + closeMsMax).unref();
    const stopped = server.stop().then(
      () => log.info('stopped'),
      (error: unknown) => {
        log.fatal({ err: error }, 'the stop failed');
        process.exitCode = 1;
      },
    );
    // Lines that nobody reads must not keep a process that has nothing else to do.
    void stopped.then(() => setTimeout(() => process.exit(), logMsMax).unref());
  };
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second one does not wait, whichever it is.
      if (isStopping) process.exit(1);
      isStopping = true;
      stop(signal);
    });
  }
  // Last: whoever reads that it is ready may stop it at once.
  announce(server, log, config);
}

/** One line for each thing that is wrong, with what to do about it. */
function complain(error: unknown): void {
  const lines =
    error instanceof Fault
      ? error.message.split('\n')
      : [
          `cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        ];
  for (const line of lines) process.stderr.write(`waybill: ${line}\n`);
}

function announce(server: RunningServer, log: Logger, { admin: { tls } }: Config): void {
  const { sftp, admin, hostKey, initialKeyFile } = server;
  log.info({ sftp, admin, hostKey: hostKey.fingerprint }, 'ready');
  if (!process.stdout.isTTY && initialKeyFile === null) return;
  const keyLines =
    initialKeyFile === null
      ? []
      : [
          `  Administrator's key  ${initialKeyFile} (full scope, 24 hours)`,
          '',
          '  Next:',
          `    npx waybill agency add dcss --kind state --name "Department of Child Support Services"`,
          `    npx waybill user add amy --agency dcss --name "Amy Ortiz"`,
          `    npx waybill key add amy ~/.ssh/id_ed25519.pub    then: sftp -P ${sftp.port} amy@127.0.0.1`,
        ];
  const lines = [
    '',
    `  SFTP       ${sftp.address}:${sftp.port}`,
    `  Admin API  ${tls === null ? 'http' : 'https'}://${admin.address}:${admin.port}/v1   (read about it at /docs)`,
    `  Host key   ${hostKey.fingerprint} (${kindOfKey(hostKey.line)})`,
    ...keyLines,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

if (basename(process.argv[1] ?? '') === 'main.js' && import.meta.filename === process.argv[1]) {
  await runServer(process.env);
}

import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bindingAvailable } from './connection/reception.ts';
import { openAdminTls } from './admin-tls.ts';
import { readBanner } from './banner.ts';
import { compose, type Composed, type Readiness } from './compose.ts';
import type { Config } from './config.ts';
import { listenControl } from './control.ts';
import { lockDataDirectory } from './database/lock.ts';
import { checkFips } from './fips.ts';
import { evidenceKeyFiles } from './evidence-key-file.ts';
import { Fault } from './domain/faults.ts';
import type { LedgerEvent, Origin } from './domain/events.ts';
import { warnOfExpiries } from './accounts/expiry-warnings.ts';
import { startSchedule } from './jobs/schedule.ts';
import { ledger } from './ledger/ledger.ts';
import type { Logger } from './log.ts';
import { prepare } from './setup.ts';
import { syncNames } from './sync-names.ts';
import { version } from './version.ts';
import { awaitFormerWorkers, removeWorkerSockets } from './worker-sockets.ts';

export type RunningServer = {
  readonly sftp: { readonly address: string; readonly port: number };
  readonly admin: { readonly address: string; readonly port: number };
  readonly hostKey: Composed['hostKey'];
  /** Where the first administrator's key is, when this start made it. */
  readonly initialKeyFile: string | null;
  stop(): Promise<void>;
};

const hour = 60 * 60_000;
/** How long a start waits for the sweep, which goes on after. */
const sweepMsMaxBeforeReady = 1_000;
const initialKeyMs = 24 * hour;
/** The reserve for a full disk is filled bit by bit: the disk has other things to do. */
const reserveBytesAtStart = 8 * 1024 * 1024;
const reserveBytesAMinute = 64 * 1024 * 1024;
export const initialKeyFileName = 'initial-admin-key';

const hostOrigin: Origin = { actor: { kind: 'host' }, session: null, source: null };
const serverOrigin: Origin = { actor: { kind: 'server' }, session: null, source: null };

/**
 * Starts everything, in an order in which a refusal leaves nothing behind: addresses are tried before anything is made.
 *
 * @throws Fault with one line that says what is wrong and what to do
 */
export async function startServer(config: Config, log: Logger): Promise<RunningServer> {
  checkFips(config);
  await tryAddress(config.sftp, 'WAYBILL_SFTP_PORT');
  await tryAddress(config.admin, 'WAYBILL_ADMIN_PORT');
  // Read again when it is used; here so that a mistake is told before anything is made.
  readBanner(config.bannerFile);
  checkAdminListener(config, log);
  const { keys } = prepare(config);
  const lock = lockDataDirectory(config.dataDirectory);
  let composed: Composed | undefined;
  try {
    const readiness: Readiness = { reasons: ['starting'] };
    await awaitFormerWorkers(config.dataDirectory);
    composed = await compose(config, keys, log, readiness);
    if (!bindingAvailable)
      log.warn(
        "ssh2's native cipher binding is missing: transfers take about twice the CPU; install a C++ compiler and run npm rebuild ssh2",
      );
    return await serve(config, composed, readiness, () => lock.release(), log);
  } catch (error) {
    await composed?.gate.stopAccepting();
    await composed?.workers.close();
    await composed?.adminApi.close();
    await composed?.sweep.stop();
    await composed?.ledgerArchive.stop();
    await composed?.reviews.stop();
    await composed?.retention.stop();
    await composed?.receipts.stop();
    await composed?.removals.stop();
    await composed?.operations.stop();
    await composed?.database.close();
    lock.release();
    throw error;
  }
}

async function serve(
  config: Config,
  composed: Composed,
  readiness: Readiness,
  release: () => void,
  log: Logger,
): Promise<RunningServer> {
  const {
    database,
    gate,
    workers,
    adminApi,
    recovered,
    sweep,
    removals,
    retention,
    receipts,
    reviews,
    ledgerArchive,
  } = composed;
  const initialKeyFile = await issueInitialKey(config, composed);
  const append = (event: LedgerEvent) =>
    database.write((unit) =>
      ledger.append(unit, { origin: serverOrigin, outcome: 'success', reason: null, event }),
    );
  await append({
    event: 'server.started.1',
    version,
    node: process.version,
    settled: recovered.uploadsSettled,
  });
  const { uploadsSettled, unreadable } = recovered;
  if (uploadsSettled > 0)
    log.warn(
      { uploadsSettled, uploadsUnreadable: unreadable.length },
      'recovered after an unclean stop',
    );
  await retention.begin();
  const swept = tellOfSweep(sweep, log);
  const control = await listenControl(
    config.dataDirectory,
    {
      issueAdminKey: async ({ name, scopes, expiresAtMs }) => {
        const { secret } = await composed.adminKeys.createAdminKey(hostOrigin, {
          name,
          scopes,
          expiresAtMs,
          allowedCidrs: [],
        });
        return { key: secret };
      },
      beginBackup: (backup, to) => composed.backups.begin(backup, to),
      rotateEvidenceKey: () =>
        composed.evidenceKey.rotate(hostOrigin, evidenceKeyFiles(config.keysDirectory)),
    },
    (error) => log.error({ err: error }, 'the control socket'),
  );
  // A disk or a quota that leaves no room for it is no reason not to serve.
  await database
    .keepReserve(reserveBytesAtStart)
    .catch((error: unknown) => log.error({ err: error }, 'the ledger has no reserve on the disk'));
  const admin = await adminApi.listen(config.admin.host, config.admin.port);
  const sftp = await gate.listen(config.sftp.host, config.sftp.port);
  // Behind all that may fail: nothing else ends it.
  const stopSchedule = startJobs(config, composed, log);
  // Few files are looked at in no time, and then a server that is ready has swept.
  await Promise.race([swept, sleep(sweepMsMaxBeforeReady, undefined, { ref: false })]);
  readiness.reasons = [];
  // What was missed or broken off while nothing served goes on now, beside it.
  receipts.tick();
  void retention
    .tick()
    .catch((error: unknown) => log.error({ err: error }, 'retention at the start'))
    // Not beside it: it has looked at the clock by then.
    .then(() => reviews.tick())
    .catch((error: unknown) => log.error({ err: error }, 'reviews at the start'))
    .then(() => ledgerArchive.tick())
    .catch((error: unknown) => log.error({ err: error }, 'the archive at the start'));

  const stop = async () => {
    readiness.reasons = ['stopping'];
    // Each is done whatever became of the one before: with a ledger that cannot be written, the rest still closes well.
    await allOf([
      () => gate.stopAccepting(),
      () => workers.drain(config.limits.stopMsMax),
      () => workers.close(),
      () => removeWorkerSockets(config.dataDirectory),
      () => gate.settle(),
      () => composed.authentication.settleRefusals(),
      () => adminApi.close(),
      stopSchedule,
      () => ledgerArchive.stop(),
      () => reviews.stop(),
      () => retention.stop(),
      () => receipts.stop(),
      () => control.close(),
      () => rmSync(join(config.dataDirectory, 'control.sock'), { force: true }),
      () => sweep.stop(),
      () => removals.stop(),
      () => append({ event: 'server.stopped.1' }),
      // Last of those that write, so that the log has that row too.
      () => composed.operations.stop(),
      () => database.close(),
      release,
    ]);
  };
  let stopping: Promise<void> | undefined;
  return {
    sftp,
    admin,
    hostKey: composed.hostKey,
    initialKeyFile,
    stop: () => (stopping ??= stop()),
  };
}

/** What is done by the clock. @returns ends it */
function startJobs(config: Config, composed: Composed, log: Logger): () => void {
  const { database } = composed;
  return startSchedule(
    // Readers that overlap can keep SQLite's own checkpoints from ever finishing, and the log then grows.
    [
      { name: 'kept-answers', when: '23 * * * *', run: () => composed.adminApi.sweep() },
      { name: 'checkpoint', when: '*/10 * * * *', run: () => database.checkpoint() },
      {
        name: 'expiry-warnings',
        when: '41 * * * *',
        run: () => warnOfExpiries({ database, ledger, profile: config.profile }),
      },
      { name: 'retention', when: '* * * * *', run: () => composed.retention.tick() },
      { name: 'receipts', when: '* * * * *', run: async () => composed.receipts.tick() },
      { name: 'ledger-archive', when: '41 * * * *', run: () => composed.ledgerArchive.tick() },
      { name: 'reviews', when: '* * * * *', run: () => composed.reviews.tick() },
      {
        name: 'ledger-verification',
        when: '17 4 * * *',
        run: async () => void (await composed.operations.checkpoints.check.whole()),
      },
      { name: 'reserve', when: '* * * * *', run: () => database.keepReserve(reserveBytesAMinute) },
    ],
    {
      fault: (error) => log.error({ err: error }, 'scheduled job'),
      late: (words) => log.warn(words),
    },
  );
}

async function tellOfSweep({ done }: Composed['sweep'], log: Logger): Promise<void> {
  const blobs = await done;
  if (blobs > 0) log.warn({ blobs }, 'removed stored bytes that an unclean stop left over');
}

/** Runs every step; what they threw comes at the end, the first of it. */
async function allOf(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** On a database without any administrator's key, one of full scope for a day, in a file that only its owner reads. */
async function issueInitialKey(config: Config, { adminKeys }: Composed): Promise<string | null> {
  if (await adminKeys.anyEver()) return null;
  const file = join(config.dataDirectory, initialKeyFileName);
  const wanted = {
    name: 'initial',
    scopes: ['*'],
    expiresAtMs: Date.now() + initialKeyMs,
    allowedCidrs: [],
  };
  await adminKeys.createAdminKey(hostOrigin, wanted, (secret) => {
    rmSync(file, { force: true });
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
    syncNames(file, file);
  });
  return file;
}

/** @throws Fault `key-material-unusable` for certificates that cannot be used */
function checkAdminListener({ admin }: Config, log: Logger): void {
  if (admin.tls !== null) {
    const quiet = { info: () => undefined, error: () => undefined };
    openAdminTls({ files: admin.tls, log: quiet }).close();
  } else if (!isLoopback(admin.host)) {
    log.warn(
      { host: admin.host },
      'the admin API listens beyond this machine without TLS: who sees the traffic sees its keys; set WAYBILL_ADMIN_TLS_CERT_FILE and WAYBILL_ADMIN_TLS_KEY_FILE, or let only a proxy with TLS reach it',
    );
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Listens for a moment, so that a port in use is found before anything is made. */
async function tryAddress(
  { host, port }: { host: string; port: number },
  variable: string,
): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) =>
      probe.once('error', reject).listen(port, host, resolve),
    );
  } catch (error) {
    throw addressFault(error as NodeJS.ErrnoException, host, port, variable);
  } finally {
    probe.close();
  }
}

function addressFault(
  error: NodeJS.ErrnoException,
  host: string,
  port: number,
  variable: string,
): Fault {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use; stop what uses it, or set ${variable} to another port`,
    EACCES: `port ${port} on ${host} needs privileges; set ${variable} to a port above 1023`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; set ${variable.replace('PORT', 'HOST')} to one that is`,
    ENOTFOUND: `${host} is not known; set ${variable.replace('PORT', 'HOST')} to an address of this machine`,
  };
  const reason = why[error.code ?? ''] ?? `cannot listen on ${host}:${port}: ${error.message}`;
  return new Fault('address-unavailable', reason, { cause: error });
}

import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from './client.ts';
import { chooseClient, sftpArguments } from './demo/clients.ts';
import { lastLines, startInstallation } from './demo/installation.ts';
import type { Installation } from './demo/installation.ts';
import { agencies, provision } from './demo/people.ts';
import type { Logins } from './demo/people.ts';
import { exchange } from './demo/exchange.ts';
import { showReceipts } from './demo/receipts.ts';
import { showRecords } from './demo/records.ts';
import { CliFailure } from './parts.ts';
import { packageVersion } from './version.ts';

const options = new Command('waybill-demo')
  .description(
    'Shows what Waybill does: starts a server on a throw-away data directory, makes agencies and users over the API, ' +
      'sends files both ways with sftp, compares what arrives, and shows what the server recorded. Keeps running, so ' +
      'that you can connect yourself, until Ctrl-C; then everything is removed.',
  )
  .option('--exit', 'stop at the end instead of waiting for Ctrl-C')
  .addHelpText('after', '\nExamples:\n  npm run demo\n  npm run demo -- --exit')
  .parse()
  .opts<{ exit?: boolean }>();

const status = await demo(options.exit === true);
// Interrupted: an sftp may still be on its way out, and nobody waits for it.
if (status === 130) process.exit(status);
process.exitCode = status;

async function demo(exitAtEnd: boolean): Promise<number> {
  const stopped = untilSignal();
  let installation: Installation | undefined;
  let failed = false;
  try {
    step('Starting a server on a throw-away data directory');
    installation = await startInstallation();
    say(`ready: SFTP on 127.0.0.1:${installation.sftpPort}, admin API on ${installation.url}`);
    const work = show(installation);
    const finished = await Promise.race([
      work.then(() => true),
      stopped.then(() => false),
      installation.ended,
    ]);
    if (finished && !exitAtEnd) {
      say('\nRunning until Ctrl-C; then all of it is removed.');
      await Promise.race([stopped, installation.ended]);
    }
    return finished ? 0 : 130;
  } catch (error) {
    failed = true;
    process.stderr.write(`\ndemo: ${describe(error)}\n`);
    if (installation !== undefined)
      process.stderr.write(
        `\nthe server's log is ${installation.logFile}; its end:\n${lastLines(installation.logFile)}\n`,
      );
    return 1;
  } finally {
    if (installation !== undefined) {
      await installation.remove({ keepLog: failed });
      say(`\nStopped; ${installation.directory} is removed.`);
    }
  }
}

async function show(installation: Installation): Promise<void> {
  const key = readFileSync(installation.keyFile, 'utf8').trim();
  const api = createClient(
    { url: new URL(installation.url), key },
    `waybill-demo/${packageVersion()}`,
  );

  step('Making three agencies and a user of each, with fresh Ed25519 keys, over the REST API');
  const logins = await provision(api, installation);
  for (const { code, name, kind } of agencies) say(`${code.padEnd(8)}  ${name} (${kind})`);

  const client = await chooseClient();
  const parts = { client, logins, directory: join(installation.directory, 'files'), step, say };
  await exchange(parts);
  await showReceipts(parts);

  step('What the server recorded');
  await showRecords(api, say);

  step('Try it yourself, in another terminal');
  explain(installation, logins);
}

function explain(installation: Installation, logins: Logins): void {
  for (const [login, about] of [
    [logins.amy, 'as Alameda County: put files into /outgoing'],
    [logins.dana, 'as DCSS: every county is under /agencies'],
    [logins.ken, 'as Kern County: Alameda does not exist for it'],
  ] as const) {
    say(`# ${about}`);
    say(`sftp ${sftpArguments(login).map(quoted).join(' ')}`);
  }
  const waybill = `node ${quoted(join(import.meta.dirname, 'main.js'))} --url ${installation.url} --key-file ${quoted(installation.keyFile)}`;
  say('# as the administrator');
  say(`${waybill} transfer list`);
  say(`${waybill} audit search`);
  say(`# the API, described: ${installation.url}/docs`);
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve());
  });
}

function describe(error: unknown): string {
  if (error instanceof CliFailure) return [error.message, ...error.details].join('\n  ');
  return error instanceof Error ? error.message : String(error);
}

function step(title: string): void {
  process.stdout.write(`\n== ${title}\n`);
}

function say(line: string): void {
  process.stdout.write(`${line.replaceAll(/^(?=.)/gm, '   ')}\n`);
}

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

const askMsMax = 3_000;
const watchMs = 300;
/** What a busy machine may take over a timer does not matter: both clocks are read at the same two moments. */
const driftMsMax = 20;

/** Whether the host keeps its clock right, and in what zone it shows it. */
export async function* examineHostClock(): AsyncIterable<Finding> {
  yield judgeSync(await syncState());
  yield judgeDrift(await driftMs());
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  yield finding('ok', 'time-zone', `${timeZone}; records and the API are in UTC, whatever it is`);
}

export type SyncState = 'synchronised' | 'not synchronised' | 'unknown';

export function judgeSync(state: SyncState): Finding {
  if (state === 'synchronised')
    return finding('ok', 'clock-sync', 'the host keeps its clock right over the network');
  if (state === 'not synchronised')
    return finding(
      'warn',
      'clock-sync',
      'nothing keeps the clock of the host right',
      'enable systemd-timesyncd, chrony or ntpd: the ledger goes by this clock',
    );
  return finding(
    'skip',
    'clock-sync',
    'this host does not say whether its clock is kept right',
    'in a container the host underneath keeps it: look there (timedatectl, chronyc tracking)',
  );
}

async function syncState(): Promise<SyncState> {
  const shown = await said('timedatectl', ['show', '-p', 'NTPSynchronized', '--value']);
  if (shown === 'yes') return 'synchronised';
  if (shown === 'no') return 'not synchronised';
  const tracking = await said('chronyc', ['-n', 'tracking']);
  if (tracking !== undefined)
    return /Leap status\s*:\s*Normal/.test(tracking) ? 'synchronised' : 'not synchronised';
  return existsSync('/run/systemd/timesync/synchronized') ? 'synchronised' : 'unknown';
}

/** What a program says; undefined where there is none, or it fails. */
function said(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, [...args], { timeout: askMsMax }, (error, stdout) =>
      resolve(error === null ? stdout.trim() : undefined),
    );
  });
}

/** By how much the wall clock moved more than the monotonic one in a moment. */
async function driftMs(): Promise<number> {
  const wall = Date.now();
  const steady = performance.now();
  await sleep(watchMs);
  return Date.now() - wall - (performance.now() - steady);
}

export function judgeDrift(ms: number): Finding {
  if (Math.abs(ms) <= driftMsMax)
    return finding('ok', 'clock-rate', 'the wall clock goes as fast as the monotonic one');
  return finding(
    'warn',
    'clock-rate',
    `the wall clock moved ${Math.round(ms)} ms against the monotonic one within ${watchMs} ms`,
    'somebody sets it, or corrects it in steps: have the NTP service slew it',
  );
}

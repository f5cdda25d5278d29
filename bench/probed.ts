import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startWaybill, type WaybillPeer } from './peers/waybill.ts';
import type { PeerKey } from './peers/peer.ts';
import { sleep } from './sessions.ts';

const answerMsMax = 5_000;

export type ProbeReading = {
  /** Calls across the seam since the last reading, by verb. */
  readonly calls: Readonly<Record<string, number>>;
  /** How late the monitor's event loop was since then; with no workers that is the whole server's. */
  readonly loopMs: { readonly p50: number; readonly p99: number; readonly max: number };
};

export type ProbedWaybill = WaybillPeer & { read(): Promise<ProbeReading> };

/** Waybill with bench/probe.ts in its monitor. */
export async function startProbed(
  place: { readonly directory: string; readonly key: PeerKey },
  environment: Readonly<Record<string, string>>,
): Promise<ProbedWaybill> {
  const file = join(place.directory, 'probe.json');
  const peer = await startWaybill(place, {
    ...environment,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, 'probe.js')}`,
    BENCH_PROBE_FILE: file,
  });
  return { ...peer, read: () => readProbe(peer.pid, file) };
}

async function readProbe(pid: number, file: string): Promise<ProbeReading> {
  process.kill(pid, 'SIGUSR2');
  for (let waitedMs = 0; !existsSync(file); waitedMs += 10) {
    if (waitedMs > answerMsMax) throw new Error('the probe does not answer');
    await sleep(10);
  }
  const reading = JSON.parse(readFileSync(file, 'utf8')) as ProbeReading;
  rmSync(file);
  return reading;
}

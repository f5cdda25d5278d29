import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { masterKeyFile } from '../../server/setup.ts';
import { runCommand } from '../command.ts';
import { fill } from '../growth/fill.ts';
import { startWaybill, type WaybillPeer } from '../peers/waybill.ts';
import { openSession, sleep, writeUserKey } from '../sessions.ts';
import { median, quantile, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const full = 1_000_000;
const quick = 50_000;
const masterKey = Buffer.alloc(32, 7);
const fileBytes = 1024;
const uploadBytes = 4096;
const aloneMs = 20_000;
const lookMs = 500;
/** An upload of a client that is not in a hurry: what is measured is how long it waits, not how much it can ask. */
const pauseMs = 20;

type Run = {
  readonly id: string;
  readonly state: string;
  readonly plannedAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly createdAt: string;
  readonly purged: { readonly files: number; readonly bytes: number };
};

/** A run that purges all of many expired files of 1 KiB, while a client uploads. */
async function run(bench: Bench): Promise<Findings> {
  const entries = bench.entries ?? (bench.quick ? quick : full);
  bench.say(`  filling: ${entries} files of ${fileBytes} B`);
  const place = join(bench.directory, 'waybill');
  const [dataDirectory, keysDirectory] = [join(place, 'data'), join(place, 'keys')];
  for (const made of [dataDirectory, keysDirectory])
    mkdirSync(made, { recursive: true, mode: 0o700 });
  writeFileSync(join(keysDirectory, masterKeyFile), `${masterKey.toString('base64')}\n`, {
    mode: 0o600,
  });
  await fill({
    dataDirectory,
    entries,
    masterKey,
    ids: 'time-ordered',
    inlineBytes: fileBytes,
  });
  // What was filled is not to be written out while the client has the disk to itself.
  await runCommand('sync', ['-f', bench.directory], { timeoutMs: 120_000 });
  const peer = await startWaybill(
    { directory: bench.directory, key: writeUserKey(bench.directory) },
    { WAYBILL_RETENTION_SHARE_PERCENT: '100' },
  );
  try {
    return await purgeBeside(bench, peer, entries);
  } finally {
    await peer.stop();
  }
}

async function purgeBeside(bench: Bench, peer: WaybillPeer, entries: number): Promise<Findings> {
  const { client, sftp } = await openSession({
    port: peer.port,
    username: peer.user,
    privateKey: readFileSync(peer.keyFile),
  });
  const samples: Record<'before' | 'planning' | 'purging' | 'after', number[]> = {
    before: [],
    planning: [],
    purging: [],
    after: [],
  };
  const now: { phase: keyof typeof samples | null } = { phase: 'before' };
  const content = Buffer.alloc(uploadBytes, 7);
  const uploads = async () => {
    for (let number = 0; now.phase !== null; number += 1) {
      const within = now.phase;
      const startedMs = performance.now();
      await sftp.put(`/outgoing/upload-${number}.csv`, content);
      samples[within].push(performance.now() - startedMs);
      await sleep(pauseMs);
    }
  };
  const purge = async () => {
    try {
      await sleep(aloneMs);
      const ended = await runJob(bench, peer, {
        enter: (next) => (now.phase = next),
        soFar: () => p99Of(samples[now.phase ?? 'after']),
      });
      now.phase = 'after';
      await sleep(aloneMs);
      return ended;
    } finally {
      now.phase = null;
    }
  };
  try {
    const [ended] = await Promise.all([purge(), uploads()]);
    return findings(entries, ended, samples);
  } finally {
    client.end();
  }
}

async function runJob(
  bench: Bench,
  { server }: WaybillPeer,
  {
    enter,
    soFar,
  }: { readonly enter: (phase: 'planning' | 'purging') => void; readonly soFar: () => string },
): Promise<Run> {
  const { id } = await server.api<{ id: string }>('POST', '/v1/retention-jobs', {
    name: 'all',
    path: '/**',
    olderThanDays: 1,
    clock: 'received',
    schedule: '0 0 1 1 *',
    timezone: 'UTC',
    enabled: false,
  });
  const runs = `/v1/retention-jobs/${id}/runs`;
  enter('planning');
  const begun = await server.api<Run>('POST', runs, { dryRun: false });
  for (let said = 0; ; said += 1) {
    await sleep(lookMs);
    const now = await server.api<Run>('GET', `${runs}/${begun.id}`);
    if (now.state === 'running') enter('purging');
    // An hour is long: what it came to so far is not to be lost with its end.
    if (said % 40 === 0)
      bench.say(`  ${now.state}, ${now.purged.files} purged; uploads ${soFar()} so far`);
    if (now.state === 'done') return now;
    if (now.state !== 'planning' && now.state !== 'running')
      throw new Error(`the run is ${now.state}: ${JSON.stringify(now)}`);
  }
}

function p99Of(taken: readonly number[]): string {
  return `p50 ${threeDigits(median(taken))} ms, p99 ${threeDigits(quantile(taken, 0.99))} ms`;
}

function findings(
  entries: number,
  run: Run,
  samples: Readonly<Record<string, readonly number[]>>,
): Findings {
  if (run.purged.files < entries)
    throw new Error(`${run.purged.files} of ${entries} files were purged`);
  const seconds = (from: string | null, to: string | null) =>
    (Date.parse(to ?? '') - Date.parse(from ?? '')) / 1_000;
  const planning = seconds(run.createdAt, run.plannedAt);
  const purging = seconds(run.startedAt, run.endedAt);
  const rate = (inSeconds: number) => `${Math.round(entries / inSeconds).toLocaleString('en')}/s`;
  return {
    tables: [
      {
        title: `A run that purges ${entries.toLocaleString('en')} files of ${fileBytes} B`,
        columns: ['part', 'seconds', 'files'],
        lines: [
          ['planning', threeDigits(planning), rate(planning)],
          ['purging', threeDigits(purging), rate(purging)],
        ],
        notes: [
          'Each file has its certificate, signed, and its row of the ledger, in the unit that destroys its key.',
        ],
      },
      {
        title: `One upload of ${uploadBytes} B after another, meanwhile`,
        columns: ['while', 'uploads', 'p50 ms', 'p99 ms', 'most ms'],
        lines: Object.entries(samples).map(([phase, taken]) => [
          phase,
          String(taken.length),
          threeDigits(median(taken)),
          threeDigits(quantile(taken, 0.99)),
          threeDigits(quantile(taken, 1)),
        ]),
        notes: [`Open, write, close, and ${pauseMs} ms of rest; the client shares the cores.`],
      },
    ],
    values: {
      'retention.purgedPerSecond': entries / purging,
      'retention.p99BeforeMs': quantile(samples['before'] ?? [], 0.99),
      'retention.p99PurgingMs': quantile(samples['purging'] ?? [], 0.99),
    },
  };
}

export const retention: Trial = {
  name: 'retention',
  about: 'a run that purges a million expired files while a client uploads',
  quick: false,
  run,
};

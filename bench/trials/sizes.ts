import { join } from 'node:path';
import { clientDirectory, contest, type Leg } from '../contest.ts';
import { fill } from '../large-file.ts';
import type { PlotSeries } from '../plot.ts';
import { stockBatch } from '../stock-client.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const kib = 1024;
/** Sizes in bytes, and how many files of each a batch moves, so that the login does not count. */
export const sizes: readonly { readonly text: string; readonly bytes: number; files: number }[] = [
  { text: '0', bytes: 0, files: 200 },
  { text: '4 KiB', bytes: 4 * kib, files: 200 },
  { text: '64 KiB', bytes: 64 * kib, files: 200 },
  { text: '1 MiB', bytes: kib * kib, files: 64 },
  { text: '16 MiB', bytes: 16 * kib * kib, files: 16 },
  { text: '256 MiB', bytes: 256 * kib * kib, files: 1 },
];

const cipher = 'aes128-gcm@openssh.com';
const colours = { put: '#c0392b', get: '#1f6fb2' } as const;

/** What a file costs the server by its size, Waybill and sshd; for the plot. */
async function run(bench: Bench): Promise<Findings> {
  const peers = bench.peers.filter(({ name }) => name === 'waybill' || name === 'sshd');
  const directory = clientDirectory(bench);
  for (const { bytes } of sizes) await fill(join(directory, `size-${bytes}`), bytes);
  const legs = sizes.flatMap(({ text, bytes, files }): Leg[] =>
    (['put', 'get'] as const).map((direction) => ({
      id: `${direction}-size-${bytes}`,
      what: `${direction} ${files} x ${text}`,
      unit: 'files/s',
      amount: files,
      cpu: { unit: 'ms/file', divisor: files / 1000 },
      run: (peer) => {
        const local = join(directory, `size-${bytes}`);
        const commands = Array.from({ length: files }, (_, index) => {
          const there = join(peer.remote, `size-${bytes}-${index}`);
          return direction === 'put' ? `put ${local} ${there}` : `get ${there} ${local}.back`;
        });
        return stockBatch(directory, { ...peer, cipher }, commands);
      },
    })),
  );
  const findings = await contest({ ...bench, peers }, legs, {
    title: 'Cost against size',
    notes: ['Puts without an fsync: that is sshd’s own way, not Waybill’s.'],
  });
  return { ...findings, plot: plotOf(findings.values ?? {}) };
}

/** Milliseconds of server CPU a file; an empty file stands at 512 bytes of a scale that has no nought. */
function plotOf(values: Readonly<Record<string, number>>): readonly PlotSeries[] {
  return (['waybill', 'sshd'] as const).flatMap((server) =>
    (['put', 'get'] as const).map((direction) => ({
      label: `${server}, ${direction}`,
      colour: colours[direction],
      dashed: server === 'sshd',
      points: sizes.flatMap(({ bytes }) => {
        const y = values[`${direction}-size-${bytes}.${server}.cpu`];
        return y === undefined ? [] : [{ x: Math.max(512, bytes), y }];
      }),
    })),
  );
}

export const sizesTrial: Trial = {
  name: 'sizes',
  about: 'server CPU a file by its size, from 0 to 256 MiB (the plot)',
  quick: false,
  run,
};

import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { median, threeDigits } from '../statistics.ts';
import type { Bench, Findings, Trial } from '../trial.ts';

const blockBytes = 64 * 1024;
const blocks = 1024;
const mibOfRun = (blockBytes * blocks) / 1024 / 1024;
const fsyncs = 50;

/** What this machine can do at all, on one core and on this disk: nothing that hashes, encrypts and syncs is faster. */
async function run(bench: Bench): Promise<Findings> {
  const block = randomBytes(blockBytes);
  const far = Buffer.alloc(blockBytes * blocks, 1);
  // Written to before: a page's first touch is not part of a copy.
  const there = Buffer.alloc(blockBytes * blocks, 2);
  const speeds: Readonly<Record<string, () => void>> = {
    'SHA-256': () => {
      const hash = createHash('sha256');
      for (let index = 0; index < blocks; index += 1) hash.update(block);
      hash.digest();
    },
    'AES-128-GCM, seal blocks of 64 KiB': () => sealMany(16, block),
    'AES-256-GCM, seal blocks of 64 KiB': () => sealMany(32, block),
    'AES-256-GCM, open blocks of 64 KiB': () => openMany(block),
    'memory copy, from memory': () => void far.copy(there),
    'memory copy, from cache': () => copyMany(block),
  };
  const disk: Readonly<Record<string, (file: number, index: number) => void>> = {
    'append 4 KiB, fdatasync': (file) => {
      writeSync(file, block, 0, 4096);
      fdatasyncSync(file);
    },
    'overwrite 4 KiB, fdatasync': (file) => {
      writeSync(file, block, 0, 4096, 0);
      fdatasyncSync(file);
    },
    'new file of 4 KiB, fsync of it and of its directory': (_file, index) =>
      newFile(bench.directory, block, `${performance.now()}-${index}`),
  };
  const taken = new Map<string, number[]>();
  const note = (name: string, value: number) =>
    taken.set(name, (taken.get(name) ?? []).concat(value));
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [name, work] of Object.entries(speeds)) note(name, mibOfRun / cpuSeconds(work));
    const file = openSync(join(bench.directory, `sync-${round}`), 'w');
    writeSync(file, block);
    fsyncSync(file);
    for (const [name, work] of Object.entries(disk))
      note(
        name,
        (seconds(() => {
          for (let index = 0; index < fsyncs; index += 1) work(file, index);
        }) *
          1000) /
          fsyncs,
      );
    closeSync(file);
  }
  return findingsOf(Object.keys(speeds), Object.keys(disk), taken);
}

/** Of this process; who else is busy does not matter. */
function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function seconds(work: () => void): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) / 1000;
}

function sealMany(keyBytes: 16 | 32, block: Buffer): void {
  const key = Buffer.alloc(keyBytes, 1);
  const nonce = Buffer.alloc(12);
  for (let index = 0; index < blocks; index += 1) {
    nonce.writeUInt32BE(index);
    const cipher = createCipheriv(keyBytes === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, nonce);
    cipher.update(block);
    cipher.final();
    cipher.getAuthTag();
  }
}

function openMany(block: Buffer): void {
  const key = Buffer.alloc(32, 1);
  const nonce = Buffer.alloc(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const sealed = cipher.update(block);
  cipher.final();
  const tag = cipher.getAuthTag();
  for (let index = 0; index < blocks; index += 1) {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(tag);
    decipher.update(sealed);
    decipher.final();
  }
}

function copyMany(block: Buffer): void {
  const to = Buffer.allocUnsafeSlow(blockBytes);
  for (let index = 0; index < blocks; index += 1) block.copy(to);
}

function newFile(directory: string, block: Buffer, name: string): void {
  const file = openSync(join(directory, `new-${name}`), 'w');
  writeSync(file, block, 0, 4096);
  fsyncSync(file);
  closeSync(file);
  const parent = openSync(directory, 'r');
  fsyncSync(parent);
  closeSync(parent);
}

function findingsOf(
  speeds: readonly string[],
  disk: readonly string[],
  taken: ReadonlyMap<string, readonly number[]>,
): Findings {
  const of = (name: string) => median(taken.get(name)!);
  const perGib = (name: string) => 1024 / of(name);
  const hash = perGib('SHA-256');
  const atRest = perGib('AES-256-GCM, seal blocks of 64 KiB');
  return {
    tables: [
      {
        title: 'What one core does, through node:crypto',
        columns: ['work', 'MiB/s', 's/GiB'],
        lines: speeds.map((name) => [name, threeDigits(of(name)), threeDigits(perGib(name))]),
      },
      {
        title: 'What the disk does',
        columns: ['work', 'ms'],
        lines: disk.map((name) => [name, threeDigits(of(name))]),
      },
    ],
    values: {
      'limits.sha256PerGib': hash,
      'limits.aes128PerGib': perGib('AES-128-GCM, seal blocks of 64 KiB'),
      'limits.aes256PerGib': atRest,
      'limits.openPerGib': perGib('AES-256-GCM, open blocks of 64 KiB'),
      'limits.copyPerGib': perGib('memory copy, from memory'),
      'limits.appendMs': of('append 4 KiB, fdatasync'),
    },
  };
}

export const limits: Trial = {
  name: 'limits',
  about: 'what this machine can do at all: hashing, encryption, copying, fsync',
  quick: false,
  run,
};

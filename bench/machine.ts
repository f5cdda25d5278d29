import { statfsSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { outputOf } from './command.ts';
import type { PeerMaker } from './peers/peer.ts';

/** What the figures were taken on. Two runs are of one machine when their `line` is the same. */
export type Machine = {
  readonly line: string;
  readonly kernel: string;
  /** Of the directory that the files lie in. */
  readonly fileSystem: string;
};

export type Versions = Readonly<Record<string, string>>;

/** `statfs(2)`'s numbers for the file systems that a trial is likely to meet (linux/magic.h). */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext2/3/4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs (memory: nothing is durable on it)',
  0x794c7630: 'overlayfs',
  0x2fc12fc1: 'zfs',
  0x6969: 'nfs',
};

export function machineOf(directory: string): Machine {
  const cores = cpus();
  const gib = Math.round(totalmem() / 1024 ** 3);
  const kind = statfsSync(directory).type;
  return {
    line: `${cores[0]?.model.trim() ?? 'unknown CPU'}, ${cores.length} cores, ${gib} GiB`,
    kernel: `${type()} ${release()}`,
    fileSystem: fileSystems[kind] ?? `type 0x${kind.toString(16)}`,
  };
}

export async function versionsOf(makers: readonly PeerMaker[]): Promise<Versions> {
  const peers = await Promise.all(
    makers.map(async (maker) => [maker.name, (await maker.version()) ?? 'absent'] as const),
  );
  const client = await outputOf('sh', ['-c', 'ssh -V 2>&1']);
  return {
    node: process.version,
    openssl: process.versions.openssl,
    client: client?.trim() ?? 'absent',
    ...Object.fromEntries(peers),
  };
}

/** The commit that was built, `+changes` where the tree differs from it; `unknown` outside a repository. */
export async function commitOf(root: string): Promise<string> {
  const commit = (await outputOf('git', ['-C', root, 'rev-parse', '--short=12', 'HEAD']))?.trim();
  if (commit === undefined) return 'unknown';
  const tracked = await outputOf('git', ['-C', root, 'status', '--porcelain', '-uno']);
  const ofResults = /^.. bench\/(RESULTS\.md|results\.(json|svg))$/;
  const changed = (tracked ?? '').split('\n').some((line) => line !== '' && !ofResults.test(line));
  return changed ? `${commit}+changes` : commit;
}

/** Local time with its distance from UTC: `2026-11-22T14:11:31+00:00`. */
export function dateWithZone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

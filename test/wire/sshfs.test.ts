import t from 'tap';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync, copyFileSync, fsyncSync, ftruncateSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync,
  rmdirSync, rmSync, statSync, statfsSync, symlinkSync, utimesSync, writeFileSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { bytesOf, makeFile, namesIn, openScene, published, recorded, succeeded, unseen, type Scene } from './story.ts';

/** Why this kernel does not let us mount, or undefined. Not even `WAYBILL_TEST_CLIENTS=required` asks for that. */
function whyNoMount(): string | undefined {
  try {
    closeSync(openSync('/dev/fuse', 'r+'));
  } catch (error) {
    return `the kernel has no FUSE for us: ${(error as Error).message}`;
  }
  const { status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `mounting is not allowed here: ${stderr.trim()}`;
}

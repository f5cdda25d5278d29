import t from 'tap';
import { createPrivateKey } from 'node:crypto';
import {
  existsSync,
  openSync,
  readFileSync,
  readSync,
  closeSync,
  readdirSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { connectLive } from '../fault/fixtures/live-client.ts';
import { startExchange } from '../fixtures/live-server.ts';
import { workerPids } from './fixtures.ts';

/** Whether any of the needles lies in the readable memory of a process. */
function memoryHolds(pid: number, needles: readonly Buffer[]): boolean {
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    for (const line of maps) {
      const range = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      if (range === null) continue;
      const start = Number.parseInt(range[1]!, 16);
      const end = Number.parseInt(range[2]!, 16);
      if (areaHolds(memory, start, end, needles)) return true;
    }
    return false;
  } finally {
    closeSync(memory);
  }
}

const pieceBytes = 4 * 1024 * 1024;

function areaHolds(
  memory: number,
  start: number,
  end: number,
  needles: readonly Buffer[],
): boolean {
  const overlap = Math.max(...needles.map((needle) => needle.length));
  const piece = Buffer.alloc(pieceBytes + overlap);
  for (let at = start; at < end; at += pieceBytes) {
    let found: number;
    try {
      found = readSync(memory, piece, 0, Math.min(piece.length, end - at), at);
    } catch {
      // A page that cannot be read holds nothing of ours.
      continue;
    }
    const seen = piece.subarray(0, found);
    if (needles.some((needle) => seen.includes(needle))) return true;
  }
  return false;
}

t.test(
  'a worker process holds no database, no master key, no host key and no evidence key',
  { skip: existsSync('/proc/self/mem') ? false : 'needs /proc' },
  async (t) => {
    const { server, amy } = await startExchange(t);
    const client = await connectLive(server, amy);
    await client.sftp.put('/outgoing/f', Buffer.from('something'));
    const keys = join(server.directory, 'keys');
    const masterText = readFileSync(join(keys, 'master.key'), 'utf8').trim();
    const seeds = ['host_ed25519', 'evidence_ed25519'].map((name) => {
      const key = ssh2.utils.parseKey(readFileSync(join(keys, name)));
      if (key instanceof Error) throw key;
      const pem = (Array.isArray(key) ? key[0]! : key).getPrivatePEM();
      return Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d!, 'base64url');
    });
    const needles = [Buffer.from(masterText, 'base64'), Buffer.from(masterText), ...seeds];
    t.ok(memoryHolds(server.pid, needles), 'the search finds them where they are');
    const pids = workerPids(server);
    t.equal(pids.length, 2);
    for (const pid of pids) {
      t.notOk(memoryHolds(pid, needles), `worker ${pid} has no key`);
      const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
      t.notMatch(maps, /better_sqlite3|argon2/, 'nor the code that would use one');
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`);
        } catch {
          return '';
        }
      });
      t.notOk(
        files.some((file) => /waybill\.db|master\.key|(host|evidence)_ed25519/.test(file)),
        'nor the files open',
      );
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      t.notMatch(environment, /WAYBILL|NODE_OPTIONS/);
      t.match(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), /permission\0--allow-fs-read=/);
    }
    await client.end();
  },
);

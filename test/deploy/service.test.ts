import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from '../breaches/fixtures/sources.ts';
import { threadsMax } from './fixtures/threads.ts';

const unit = readFileSync(join(root, 'deploy/waybill.service'), 'utf8');

/** The last value of each setting, and those of settings that may stand several times. */
function settings(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of unit.split('\n')) {
    const [, name, value] = /^([A-Z]\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, [...(found.get(name) ?? []), value!]);
  }
  return found;
}

t.test('the unit shuts the server in', async (t) => {
  const found = settings();
  const expected: Readonly<Record<string, string>> = {
    User: 'waybill',
    UMask: '0077',
    ProtectSystem: 'strict',
    ReadWritePaths: '/var/lib/waybill/data /var/lib/waybill/keys',
    ProtectHome: 'yes',
    PrivateTmp: 'yes',
    PrivateDevices: 'yes',
    NoNewPrivileges: 'yes',
    CapabilityBoundingSet: '',
    RestrictSUIDSGID: 'yes',
    LockPersonality: 'yes',
    RestrictNamespaces: 'yes',
    RestrictAddressFamilies: 'AF_INET AF_INET6 AF_UNIX',
    ProtectKernelTunables: 'yes',
    ProtectKernelModules: 'yes',
    ProtectKernelLogs: 'yes',
    ProtectControlGroups: 'yes',
    SystemCallArchitectures: 'native',
    LimitCORE: '0',
    KillMode: 'mixed',
    Restart: 'on-failure',
  };
  for (const [name, value] of Object.entries(expected)) t.same(found.get(name), [value], name);
  const calls = found.get('SystemCallFilter') ?? [];
  t.equal(calls[0], '@system-service');
  t.match(calls[1], /^~(?=.*@privileged)(?=.*@resources)/);
  t.ok(Number(found.get('LimitNOFILE')?.[0]) >= 4 * 10_000, 'sessions, files, and room');
  // On a machine with many cores workers were killed as they began: threads count, too.
  t.ok(Number(found.get('TasksMax')?.[0]) >= threadsMax, 'all workers that there may be');
  t.ok(Number(found.get('TimeoutStopSec')?.[0]) > 60, 'longer than transfers may take to finish');
  t.match(found.get('ExecStart')?.[0], /^\/usr\/bin\/node .*dist\/server\/main\.js$/);
});

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const analysis = { skip: hasAnalyze ? false : 'there is no systemd-analyze here' };

t.test('systemd takes it, and finds little that is open', analysis, async (t) => {
  // It looks for the program; here another one stands for Node.
  const file = join(t.testdir(), 'waybill.service');
  writeFileSync(file, unit.replace('/usr/bin/node', '/bin/true'));
  const verified = spawnSync('systemd-analyze', ['verify', file]);
  t.equal(verified.status, 0, verified.stderr.toString());
  t.equal(verified.stderr.toString(), '');
  const security = spawnSync('systemd-analyze', [
    'security',
    '--offline=true',
    '--threshold=20',
    file,
  ]);
  const [, exposure] =
    /exposure level for waybill\.service: ([\d.]+)/.exec(security.stdout.toString()) ?? [];
  t.comment(`exposure ${exposure}`);
  t.ok(Number(exposure) <= 2, security.stdout.toString());
});

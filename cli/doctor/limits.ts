import { readFileSync } from 'node:fs';
import type { Config } from '../../server/config.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** Beside a descriptor for each connection: files that are open, the database, the log. */
const descriptorsBeside = 1024;

/** What the system lets a process open; the server's own limit comes from its service, which this shell may not have. */
export function* examineDescriptors({ limits }: Config): Iterable<Finding> {
  const most = openFilesMax();
  if (most === undefined) return;
  const wanted = limits.connectionsMax + descriptorsBeside;
  if (most >= wanted) yield finding('ok', 'descriptors', `${most} may be open at a time`);
  else
    yield finding(
      'warn',
      'descriptors',
      `${most} may be open at a time from here, and ${limits.connectionsMax} connections may need ${wanted}`,
      'raise LimitNOFILE of the service (ulimit -n), or lower WAYBILL_CONNECTIONS_MAX',
    );
}

function openFilesMax(): number | undefined {
  try {
    const line = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    const hard = line?.[2];
    return hard === undefined || hard === 'unlimited' ? undefined : Number(hard);
  } catch {
    return undefined;
  }
}

import t from 'tap';
import type { LedgerEntry, LedgerEvent } from '../../server/domain/events.ts';
import type { FaultCode } from '../../server/domain/faults.ts';
import { ledger, names } from '../fixtures/ledger.ts';
import { LedgerTail } from '../../server/ledger/tail.ts';
import { createMetrics } from '../../server/metrics/metrics.ts';
import type { ServerState } from '../../server/metrics/server-state.ts';
import { freshDatabase } from '../fixtures/database.ts';
import { until } from '../forwarding/fixtures/receivers.ts';
import { samplesIn, someState } from './fixtures.ts';

function entry(event: LedgerEvent, reason: FaultCode | null = null): LedgerEntry {
  return {
    origin: {
      actor: { kind: 'user', userId: 'u', username: 'amy.secret', agency: 'alameda' },
      session: 's',
      source: '198.51.100.7:1',
    },
    outcome: reason === null ? 'success' : 'refused',
    reason,
    event,
  };
}

function refused(proof: string, count: number, reason: FaultCode): LedgerEntry {
  const names = { username: 'amy.secret', client: 'OpenSSH', connection: 'c' };
  return entry({ event: 'login.refused.1', ...names, proof, count }, reason);
}

function opened(transfer: string, mode: 'read' | 'write'): LedgerEntry {
  const where = { agency: 'alameda', path: '/outgoing/secret.txt' };
  return entry({ event: 'file.opened.1', transfer, mode, resumed: false, ...where });
}

function closed(
  transfer: string,
  state: 'published' | 'completed' | 'partial',
  bytes: { bytesRead: number; bytesWritten: number },
): LedgerEntry {
  const where = { agency: 'alameda', path: '/outgoing/secret.txt' };
  const rest = { size: null, sha256: null, replaced: null };
  return entry({ event: 'file.closed.1', transfer, state, ...bytes, ...rest, ...where });
}

t.test('what the ledger records is counted, by labels that do not grow', async (t) => {
  let nowMs = Date.UTC(2030, 0, 1);
  const database = freshDatabase(t, () => nowMs);
  let state: ServerState = someState;
  const metrics = createMetrics({ version: '1.2.3', startedMs: 5_000, look: async () => state });
  const samples = async () => samplesIn(await metrics.text());
  const value = async (name: string, labels: Record<string, string> = {}) =>
    (await samples()).find(
      (each) =>
        each.name === name &&
        Object.entries(labels).every(([key, wanted]) => each.labels[key] === wanted),
    )?.value;
  let seq = 0;
  const tail = new LedgerTail({ database, names, onFault: (error) => t.fail(String(error)) });
  await tail.start();
  t.teardown(() => tail.stop());
  tail.follow(metrics.follow);
  const record = async (...entries: readonly LedgerEntry[]) => {
    await database.write(async (unit) => {
      for (const each of entries) await ledger.append(unit, each);
    });
    seq += entries.length;
    await until(() => tail.lastSeq === seq, 'they are told');
  };

  const logins = 'waybill_logins_total';
  t.equal(await value(logins, { outcome: 'refused', class: 'credentials' }), 0, 'from the start');
  await record(
    refused('password', 1, 'password-wrong'),
    refused('password', 5, 'password-wrong'),
    refused('several', 70, 'attempts-exceeded'),
    refused('offer', 1, 'user-disabled'),
  );
  t.equal(await value(logins, { outcome: 'refused', class: 'credentials' }), 75);
  t.equal(await value(logins, { outcome: 'refused', class: 'account' }), 1);

  await record(opened('t1', 'write'), opened('t2', 'read'));
  state = {
    ...someState,
    transfers: [
      { id: 't1', direction: 'upload', bytes: 600 },
      { id: 't2', direction: 'download', bytes: 50 },
    ],
  };
  t.equal(await value('waybill_file_bytes_total', { direction: 'upload' }), 600, 'under way');
  t.equal(await value('waybill_file_bytes_total', { direction: 'upload' }), 600, 'once');
  t.equal(await value('waybill_transfers_open', { direction: 'download' }), 1);
  state = someState;
  t.equal(await value('waybill_file_bytes_total', { direction: 'upload' }), 600, 'never less');
  nowMs += 2_500;
  await record(
    closed('t1', 'published', { bytesRead: 0, bytesWritten: 1_000 }),
    closed('t2', 'completed', { bytesRead: 40, bytesWritten: 0 }),
    closed('before', 'partial', { bytesRead: 0, bytesWritten: 9 }),
  );
  t.equal(await value('waybill_file_bytes_total', { direction: 'upload' }), 1_000);
  t.equal(await value('waybill_file_bytes_total', { direction: 'download' }), 50);
  const ended = 'waybill_transfers_total';
  t.equal(await value(ended, { direction: 'upload', state: 'published' }), 1);
  t.equal(await value(ended, { direction: 'upload', state: 'partial' }), 1, 'of a process before');
  t.equal(await value('waybill_transfer_duration_seconds_sum', { direction: 'upload' }), 2.5);
  t.equal(await value('waybill_transfer_size_bytes_sum', { direction: 'upload' }), 1_000);

  await record(
    entry(
      { event: 'limit.reached.1', limit: 'address-banned', count: 12, firstAt: '' },
      'address-banned',
    ),
    entry({ event: 'ban.started.1', banned: '198.51.100.7', failures: 3, until: '' }),
  );
  t.equal(await value('waybill_limit_refusals_total', { limit: 'address-banned' }), 12);
  t.equal(await value('waybill_bans_total'), 1);
  t.equal(await value('waybill_ledger_rows_total', { event: 'file.closed.1' }), 3);

  t.equal(await value('waybill_retention_purged_total', { target: 'file' }), 0, 'from the start');
  const purge = { run: 'r', job: 'j', certificate: 'c', agency: 'alameda', path: '/secret.txt' };
  const run = { run: 'r', job: 'j', agency: null, files: 2, bytes: 1_005 };
  const counts = { ...run, held: 0, skipped: 0, failed: 0, error: null };
  await record(
    entry({ event: 'file.purged.1', version: 'v', size: 1_000, sha256: '', ...purge }),
    entry({ event: 'upload.purged.1', username: 'amy.secret', size: 5, ...purge }),
    entry({ event: 'retention-run.ended.1', state: 'done', ...counts }),
    entry({ event: 'retention-run.cancelled.1', was: 'planned', ...run }),
  );
  t.equal(await value('waybill_retention_purged_total', { target: 'file' }), 1);
  t.equal(await value('waybill_retention_purged_bytes_total', { target: 'file' }), 1_000);
  t.equal(await value('waybill_retention_purged_bytes_total', { target: 'partial-upload' }), 5);
  for (const [state, count] of [
    ['done', 1],
    ['failed', 0],
    ['cancelled', 1],
  ] as const)
    t.equal(await value('waybill_retention_runs_total', { state }), count, state);

  const text = await metrics.text();
  for (const secret of ['amy', 'secret.txt', '198.51.100.7', 'siem'])
    t.notMatch(text, secret, `no label has ${secret}`);
});

t.test('the state is looked at when it is asked for', async (t) => {
  let looks = 0;
  const look = async () => {
    looks += 1;
    return { ...someState, lastSeq: 42 + looks };
  };
  const metrics = createMetrics({ version: '1.2.3', startedMs: 5_000, look });
  t.equal(looks, 0);
  t.match(metrics.contentType, 'text/plain');
  const first = await metrics.text();
  for (const line of [
    'waybill_ready 1',
    'waybill_connections{state="stranger"} 2',
    'waybill_connections{state="logged-in"} 3',
    'waybill_monitor_questions_total{kind="open"} 7',
    'waybill_workers{state="ready"} 1',
    'waybill_workers_lost_total 3',
    'waybill_pace_wait_seconds_total 1.5',
    'waybill_event_loop_delay_seconds{process="worker",quantile="0.99"} 0.02',
    'waybill_password_hashes{state="waiting"} 4',
    'waybill_forwarder_lag_seconds{forwarder="syslog"} 30',
    'waybill_forwarder_state{forwarder="syslog",state="failing"} 1',
    'waybill_forwarder_state{forwarder="syslog",state="paused"} 0',
    'waybill_retention_jobs{state="late"} 1',
    'waybill_retention_plans_waiting{reason="approval"} 2',
    'waybill_retention_plan_waiting_seconds 60',
    'waybill_retention_last_failure_timestamp_seconds 60',
    'waybill_retention_clock_problem 0',
    'waybill_admin_keys{state="expiring"} 1',
    'waybill_ledger_last_seq 43',
    'process_start_time_seconds 5',
    `waybill_build_info{version="1.2.3",node="${process.version}"} 1`,
  ])
    t.ok(first.split('\n').includes(line), line);
  const second = samplesIn(await metrics.text());
  const of = (name: string) => second.find((each) => each.name === name)?.value;
  t.equal(of('waybill_ledger_last_seq'), 44);
  t.equal(of('waybill_workers_lost_total'), 3, 'a sum that is kept elsewhere is not added twice');
});

t.test('commits, and how far the disk is behind them', async (t) => {
  const metrics = createMetrics({ version: '1', startedMs: 0, look: async () => someState });
  const of = async (name: string) =>
    samplesIn(await metrics.text()).find((each) => each.name === name)?.value;
  metrics.committed({ units: 3, ms: 2, left: [], isDurable: true });
  metrics.committed({ units: 0, ms: 9_000, left: [], isDurable: true });
  t.equal(await of('waybill_commit_units_sum'), 3);
  t.equal(await of('waybill_commit_duration_seconds_sum'), 0.002);
  t.equal(await of('waybill_ledger_sync_lag_seconds'), 0);
  metrics.committed({ units: 1, ms: 1, left: [], isDurable: false });
  t.ok((await of('waybill_ledger_sync_lag_seconds'))! > 0);
  metrics.committed({ units: 1, ms: 1, left: [], isDurable: true });
  t.equal(await of('waybill_ledger_sync_lag_seconds'), 0);
});

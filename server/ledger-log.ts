import type { Follower, ToldRow } from './ledger/tail.ts';
import type { Logger } from './log.ts';

/**
 * Each row of the ledger as a line of the log, for whoever watches the log and not the ledger: who, from where, what and
 * how it ended. Names of files, names that were only claimed (people type passwords there) and the rest of the row come
 * with the level `debug` alone: a log is kept by more hands than the ledger.
 */
export function logRows(log: Logger): Follower {
  return (rows) => {
    const isWhole = log.isLevelEnabled('debug');
    const tellsSuccess = log.isLevelEnabled('info');
    if (!tellsSuccess && !log.isLevelEnabled('warn')) return;
    const tell = (row: ToldRow) => {
      const line = isWhole
        ? { ...lineOf(row), record: JSON.parse(row.opened) as unknown }
        : lineOf(row);
      if (row.outcome !== 'success') log.warn(line, row.event);
      else if (tellsSuccess) log.info(line, row.event);
    };
    const tellAll = () => rows.forEach(tell);
    if (log.together === undefined) tellAll();
    else log.together(tellAll);
  };
}

function lineOf(row: ToldRow): Record<string, unknown> {
  const { event, seq, outcome, reason, actor, agency, session, source } = row;
  const claimed = actor?.startsWith('claimed:') === true;
  return {
    event,
    seq,
    outcome,
    ...(reason !== null && { reason }),
    ...(actor !== null && !claimed && { actor }),
    ...(agency !== null && { agency }),
    ...(session !== null && { session }),
    ...(source !== null && { source }),
  };
}

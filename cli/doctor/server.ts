import type { Config } from '../../server/config.ts';
import { askReadiness, readinessUrl } from '../readiness.ts';
import { finding } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether the server runs, by the lock that it holds, and is ready, by its own word. */
export async function* examineServer(config: Config, lockHeld: boolean): AsyncIterable<Finding> {
  const url = readinessUrl(config).href;
  const readiness = await askReadiness(config);
  if (readiness.kind === 'silence') {
    if (!lockHeld) yield finding('ok', 'server', 'not running');
    else
      yield finding(
        'fail',
        'server',
        `it holds the data directory, and ${url} does not answer (${readiness.reason})`,
        'look at its log; are WAYBILL_ADMIN_HOST, _PORT and _TLS_* those it runs with?',
      );
  } else if (!lockHeld) {
    yield finding(
      'warn',
      'server',
      `no server holds the data directory, but ${url} answers`,
      "another server or program uses the port; set WAYBILL_ADMIN_PORT, or WAYBILL_DATA_DIR to that server's directory",
    );
  } else if (readiness.kind === 'certificate-wanted') {
    yield finding(
      'ok',
      'server',
      `running, and listens at ${url}; whether it is ready it tells those with a client certificate`,
    );
  } else if (readiness.status === 200) {
    yield finding('ok', 'server', `running, and ready at ${url}`);
  } else {
    yield finding(
      'fail',
      'server',
      `running, but ${url} answers ${readiness.status}: ${readiness.text.slice(0, 300).replace(/\s+/g, ' ')}`,
      'look at its log',
    );
  }
}

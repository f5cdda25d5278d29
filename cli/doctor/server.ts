import type { Config } from '../../server/config.ts';
import { finding, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

const answerMsMax = 5000;

/** Whether the server runs, by the lock that it holds, and is ready, by its own word. */
export async function* examineServer(config: Config, lockHeld: boolean): AsyncIterable<Finding> {
  const url = readyUrl(config);
  let answer: { readonly status: number; readonly text: string };
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(answerMsMax),
      redirect: 'manual',
    });
    answer = { status: response.status, text: await response.text() };
  } catch (error) {
    if (!lockHeld) yield finding('ok', 'server', 'not running');
    else {
      const cause = (error as { cause?: unknown }).cause ?? error;
      yield finding(
        'fail',
        'server',
        `it holds the data directory, and ${url} does not answer (${reasonOf(cause)})`,
        'look at its log; are WAYBILL_ADMIN_HOST and WAYBILL_ADMIN_PORT those it runs with?',
      );
    }
    return;
  }
  if (!lockHeld) {
    yield finding(
      'warn',
      'server',
      `no server holds the data directory, but ${url} answers`,
      "another server or program uses the port; set WAYBILL_ADMIN_PORT, or WAYBILL_DATA_DIR to that server's directory",
    );
  } else if (answer.status === 200) yield finding('ok', 'server', `running, and ready at ${url}`);
  else
    yield finding(
      'fail',
      'server',
      `running, but ${url} answers ${answer.status}: ${answer.text.slice(0, 300).replace(/\s+/g, ' ')}`,
      'look at its log',
    );
}

function readyUrl({ admin }: Config): string {
  const host = admin.host === '0.0.0.0' || admin.host === '::' ? '127.0.0.1' : admin.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${admin.port}/readyz`;
}

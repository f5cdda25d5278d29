import { Writable } from 'node:stream';
import { pino } from 'pino';
import t from 'tap';
import { logRows } from '../../server/ledger-log.ts';
import type { ToldRow } from '../../server/ledger/tail.ts';

const login: ToldRow = {
  seq: 7,
  atMs: 0,
  event: 'login.refused.1',
  outcome: 'refused',
  reason: 'password-wrong',
  actor: 'claimed:hunter2',
  agency: null,
  session: null,
  source: '198.51.100.7:1',
  path: null,
  body: '{"username":"hunter2"}',
  opened: '{"username":"hunter2"}',
  hash: '',
  recorded: { event: 'server.stopped.1' },
};
const file: ToldRow = {
  ...login,
  seq: 8,
  event: 'file.opened.1',
  outcome: 'success',
  reason: null,
  actor: 'amy',
  agency: 'alameda',
  session: 's1',
  path: '/outgoing/john-doe.pdf',
  body: '{"path":"/outgoing/john-doe.pdf"}',
  opened: '{"path":"/outgoing/john-doe.pdf"}',
};

function linesAt(level: string): { text: string; lines: Record<string, unknown>[] } {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  logRows(pino({ level, base: null }, stream))([login, file]);
  const text = chunks.join('');
  return {
    text,
    lines: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as object) as Record<string, unknown>[],
  };
}

t.test('each row is a line, without what people typed and what files are called', (t) => {
  const { text, lines } = linesAt('info');
  t.equal(lines.length, 2);
  t.match(lines[0], {
    level: 40,
    msg: 'login.refused.1',
    event: 'login.refused.1',
    seq: 7,
    outcome: 'refused',
    reason: 'password-wrong',
    source: '198.51.100.7:1',
  });
  t.match(lines[1], { level: 30, seq: 8, actor: 'amy', agency: 'alameda', session: 's1' });
  t.notMatch(text, /hunter2|john-doe/);
  t.end();
});

t.test('the level decides: refusals alone, nothing, or all of a row', (t) => {
  t.same(
    linesAt('warn').lines.map(({ seq }) => seq),
    [7],
  );
  t.equal(linesAt('error').text, '');
  t.match(linesAt('debug').lines[1], { record: { path: '/outgoing/john-doe.pdf' } });
  t.end();
});

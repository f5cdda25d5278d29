import assert from 'node:assert/strict';
import t from 'tap';
import fc from 'fast-check';
import { framed, syslogMessage } from '../../server/forwarding/syslog-message.ts';
import type { TailedRow } from '../../server/ledger/tail.ts';

const row: TailedRow = {
  seq: 42,
  atMs: Date.UTC(2030, 0, 1, 2, 3, 4, 5),
  event: 'login.refused.1',
  outcome: 'refused',
  reason: 'password-wrong',
  actor: 'claimed:amy',
  agency: null,
  session: null,
  source: '[2001:db8::1]:4022',
  path: null,
  body: '{"seq":42}',
  opened: '{"seq":42}',
  hash: 'ab'.repeat(32),
};
const head = { hostname: 'mft1.example.ca.gov', processId: 7 };

t.test('a row is one message of RFC 5424', (t) => {
  t.equal(
    syslogMessage(row, head),
    `<108>1 2030-01-01T02:03:04.005Z mft1.example.ca.gov waybill 7 login.refused.1 [waybill@32473 seq="42" event="login.refused.1" outcome="refused" reason="password-wrong" actor="claimed:amy" source="[2001:db8::1\\]:4022" hash="${row.hash}"] {"seq":42}`,
  );
  t.match(syslogMessage({ ...row, outcome: 'success' }, head), /^<110>1 /);
  t.match(syslogMessage({ ...row, outcome: 'failed' }, head), /^<107>1 /);
  t.match(syslogMessage(row, { ...head, hostname: 'ä b' }), / b waybill /);
  t.match(syslogMessage(row, { ...head, hostname: 'ä' }), / - waybill /);
  t.end();
});

t.test('a frame counts bytes, not characters', (t) => {
  t.equal(framed('aé').toString('utf8'), '3 aé');
  t.end();
});

/** RFC 5424's own grammar, for what stands between the quotes. */
const parameter = / ([a-z]+)="((?:[^"\\\]]|\\["\\\]])*)"/gy;

t.test('no name that a stranger claims can end a value, a line or a message', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (actor, path) => {
      const message = syslogMessage({ ...row, actor, path, opened: '{}' }, head);
      const start = message.indexOf('[waybill@32473') + '[waybill@32473'.length;
      parameter.lastIndex = start;
      const found = new Map<string, string>();
      let end = start;
      for (let match = parameter.exec(message); match !== null; match = parameter.exec(message)) {
        found.set(match[1]!, match[2]!);
        end = parameter.lastIndex;
      }
      assert.equal(message.slice(end), '] {}');
      assert.doesNotMatch(message, /\p{Cc}/u);
      const plain = (value: string) => value.replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, '?');
      assert.equal(found.get('actor')?.replaceAll(/\\(.)/gsu, '$1'), plain(actor));
      assert.equal(found.get('path')?.replaceAll(/\\(.)/gsu, '$1'), plain(path));
    }),
    { numRuns: 300 },
  );
  t.end();
});

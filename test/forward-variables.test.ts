import { join } from 'node:path';
import t from 'tap';
import { readConfig } from '../server/config.ts';
import { Fault } from '../server/domain/faults.ts';
import { destinationsOf } from '../server/forward-variables.ts';
import { TestAuthority } from './fixtures/certificates.ts';

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    destinationsOf(readConfig(environment).forward);
    return [];
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'configuration-invalid') throw error;
    return error.message.split('\n');
  }
}

const syslog = (value: string) => problemsOf({ WAYBILL_FORWARD_SYSLOG: value });
const webhook = (value: string) =>
  problemsOf({ WAYBILL_FORWARD_WEBHOOK: value, WAYBILL_FORWARD_TOKEN_FILE: '/dev/null' });

t.test('where the ledger may go', (t) => {
  for (const good of [
    'tls://siem.example.ca.gov:6514',
    'tls://[2001:db8::1]:6514',
    'tcp://127.0.0.1:514',
    'tcp://localhost:514',
    'tcp://[::1]:514',
  ])
    t.same(syslog(good), [], good);
  for (const bad of [
    '',
    'siem:6514',
    'udp://127.0.0.1:514',
    'tls://siem',
    'tls://siem:0',
    'tls://siem:65536',
    'tls://user@siem:6514',
    'tls://siem:6514/path',
    'tcp://siem.example.ca.gov:514',
    'tcp://127.0.0.1.example.com:514',
  ])
    t.match(syslog(bad), [/^WAYBILL_FORWARD_SYSLOG cannot be used; expected tls:/], bad);
  for (const bad of [
    '',
    'not a url',
    'http://siem.example.ca.gov/x',
    'https://user:hunter2@siem/x',
    'ftp://siem/x',
    'http://localhost.example.com/x',
  ]) {
    const problems = webhook(bad);
    t.match(problems, [/^WAYBILL_FORWARD_WEBHOOK cannot be used/], bad);
    t.notMatch(problems.join(), 'hunter2', 'what is wrong is not repeated');
  }
  t.end();
});

t.test('what goes together, and what is in the files', (t) => {
  const authority = new TestAuthority();
  const { cert, key } = authority.issue('waybill');
  const directory = t.testdir({
    'ca.pem': authority.cert,
    'cert.pem': cert,
    'key.pem': key,
    short: 'hunter2',
    secret: 'c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g',
    token: 'abc\n',
    lines: 'abc\ndef\n',
  });
  const file = (name: string) => join(directory, name);
  const url = 'https://siem.example.ca.gov/ledger?token=t';
  const hook = { WAYBILL_FORWARD_WEBHOOK: url };
  t.match(problemsOf(hook), [/needs one of WAYBILL_FORWARD_SECRET_FILE/]);
  const both = {
    WAYBILL_FORWARD_SECRET_FILE: file('secret'),
    WAYBILL_FORWARD_TOKEN_FILE: file('token'),
  };
  t.match(problemsOf({ ...hook, ...both }), [/set one of them/]);
  t.match(problemsOf({ ...hook, WAYBILL_FORWARD_CERT_FILE: file('cert.pem') }), [/go together/]);
  t.match(problemsOf({ ...hook, WAYBILL_FORWARD_SECRET_FILE: file('none') }), [/cannot be read/]);
  t.match(problemsOf({ ...hook, WAYBILL_FORWARD_SECRET_FILE: file('short') }), [/24 bytes/]);
  t.match(problemsOf({ ...hook, WAYBILL_FORWARD_TOKEN_FILE: file('lines') }), [/one line/]);
  const all = readConfig({
    ...hook,
    WAYBILL_FORWARD_SYSLOG: 'tls://[::1]:6514',
    WAYBILL_FORWARD_SECRET_FILE: file('secret'),
    WAYBILL_FORWARD_CA_FILE: file('ca.pem'),
    WAYBILL_FORWARD_CERT_FILE: file('cert.pem'),
    WAYBILL_FORWARD_KEY_FILE: file('key.pem'),
  });
  t.same(
    destinationsOf(all.forward).map(({ name, shown }) => [name, shown]),
    [
      ['syslog', 'tls://[::1]:6514'],
      ['webhook', 'https://siem.example.ca.gov/ledger'],
    ],
  );
  t.same(destinationsOf(readConfig({}).forward), []);
  t.end();
});

import t from 'tap';
import { testKey } from '../accounts/fixtures/keys.ts';
import { host, openApi, withAnn } from './fixtures/api.ts';

function cursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

t.test('no text anywhere makes an internal error', async (t) => {
  const world = await openApi(t);
  await withAnn(world);
  await world.accounts.addKey(host, 'ann', { publicKey: testKey('ed25519').line });
  const key = testKey('p256').line;
  for (const text of hostileTexts()) {
    const encoded = encodeURIComponent(Buffer.from(text).toString());
    const requests: [string, string, unknown?][] = [
      ['POST', '/v1/agencies', { code: text, name: text, kind: 'lcsa' }],
      ['PATCH', '/v1/agencies/alpine', { name: text }],
      ['POST', '/v1/users', { username: text, agency: 'alpine', displayName: text }],
      ['POST', '/v1/users', { username: 'mallory', agency: text, displayName: text }],
      ['PATCH', '/v1/users/ann', { displayName: text }],
      ['PATCH', '/v1/users/ann', { allowedCidrs: [text] }],
      ['PATCH', '/v1/users/ann', { permissions: [{ path: text, allow: [] }] }],
      ['PATCH', '/v1/users/ann', { permissions: [{ path: `/${text}`, allow: ['read'] }] }],
      ['PATCH', '/v1/users/ann', { expiresAt: text }],
      ['PATCH', '/v1/users/ann', { status: text }],
      ['PATCH', '/v1/users/ann', { [text]: text }],
      ['POST', '/v1/users/ann/keys', { publicKey: text }],
      ['POST', '/v1/users/ann/keys', { publicKey: key, label: text, expiresAt: text }],
      ['PUT', '/v1/users/ann/password', { password: text.slice(0, 3) }],
      ['POST', '/v1/admin-keys', { name: text, scopes: [text] }],
      ['POST', '/v1/admin-keys', { name: text, scopes: ['audit:read'], allowedCidrs: [text] }],
      ...['agencies', 'users', 'sessions', 'files', 'transfers', 'admin-keys'].map(
        (each): [string, string] => ['GET', `/v1/${each}/${encoded}`],
      ),
      ['DELETE', `/v1/users/${encoded}/keys/${encoded}`],
      ['DELETE', `/v1/users/${encoded}/password`],
      ['GET', `/v1/files?agency=${encoded}&path=${encoded}`],
      ['GET', `/v1/files?agency=alpine&path=${encoded}&cursor=${cursor(['files', text])}`],
      [
        'GET',
        `/v1/transfers?agency=${encoded}&username=${encoded}&path=${encoded}&cursor=${cursor(['transfers', 5, text])}`,
      ],
      ['GET', `/v1/audit?event=${encoded}&actor=${encoded}&path=${encoded}&session=${encoded}`],
      ['GET', `/v1/users?agency=${encoded}&cursor=${cursor(['users', text])}`],
      ['GET', `/v1/agencies?cursor=${encoded}&${encoded}=${encoded}`],
      ['GET', `/v1/sessions?username=${encoded}&cursor=${cursor(['sessions', text])}`],
    ];
    for (const [method, url, body] of requests) {
      const { status, headers, text: answer } = await world.call(method, url, body);
      if (
        status >= 500 ||
        (status >= 400 && !String(headers['content-type']).includes('problem+json')) ||
        /\.[jt]s:\d|node_modules/.test(answer)
      ) {
        t.fail(`${method} ${url} ${JSON.stringify(body)} -> ${status} ${answer}`);
      }
    }
  }
  t.strictSame(world.faults, []);
  t.match((await world.call('GET', '/v1/audit/verification')).body, { ok: true });
});

function hostileTexts(): string[] {
  const fixed = [
    '',
    ' ',
    '/',
    '..',
    '../../etc/passwd',
    '%',
    '%00',
    '\0',
    'a\0b',
    '\n',
    '\r\nX: y',
    "' or 1=1 --",
    '"; drop table users; --',
    '<script>alert(1)</script>',
    '${7*7}',
    '{{7*7}}',
    '__proto__',
    'constructor',
    'toString',
    'null',
    'undefined',
    'NaN',
    'true',
    '-1',
    '1e309',
    '0x10',
    '[]',
    '{}',
    '\ud800',
    '\udfff\ud800',
    '\u202e',
    '\ufeff',
    '\u0000\u0001',
    'é',
    'e\u0301',
    '𝒳',
    '🏳️‍🌈',
    '\\',
    '\\\\host\\share',
    'C:\\',
    '~',
    '~root',
    '*',
    '?',
    '#',
    '&a=b',
    '%zz',
    '\u2028',
    'a'.repeat(300),
    '/a'.repeat(100),
    'é'.repeat(200),
    '('.repeat(500),
    'ﷺ'.repeat(60),
    '1'.repeat(400),
    'ſ',
    'İ',
    'ß',
    'COM1',
    '.',
    '...',
    '/./',
    '//',
    '2030-01-01T00:00:00Z',
    '10.0.0.0/8',
    '::/0',
    '::ffff:1.2.3.4',
    '1.2.3.4.5',
    '999.1.1.1',
    'ssh-rsa AAAA',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==',
    '-----BEGIN PUBLIC KEY-----',
    '---- BEGIN SSH2 PUBLIC KEY ----',
  ];
  const alphabet = Array.from('aZ0.-_/\\ \'"%\0\n\u200e\u{1f600}é*:');
  let state = 7;
  const next = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
  while (fixed.length < 200)
    fixed.push(
      Array.from({ length: 1 + next(40) }, () => alphabet[next(alphabet.length)]).join(''),
    );
  return fixed;
}

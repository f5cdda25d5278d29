import t from 'tap';
import { fieldsText, jsonText, tableText } from '../../cli/text.ts';

void t.test('a table is aligned, numbers to the right, nothing as a hyphen', async (t) => {
  const rows = [
    { name: 'a', size: 5, at: '2026-01-02T03:04:05.678Z' },
    { name: 'Zoë 東', size: 4_194_304, at: null },
  ];
  const text = tableText(rows, [
    { title: 'NAME', value: (row) => row.name },
    { title: 'SIZE', value: (row) => row.size, form: 'size' },
    { title: 'AT', value: (row) => row.at, form: 'time' },
  ]);
  t.equal(
    text,
    ['NAME      SIZE  AT', 'a          5 B  2026-01-02 03:04:05Z', 'Zoë 東  4.19 MB  -'].join('\n'),
  );
});

void t.test('what strangers wrote cannot steer the terminal', async (t) => {
  const evil = 'a\u001b[2Jb\u009bc\u202ed\n';
  const table = tableText([{ evil }], [{ title: 'NAME', value: (row) => row.evil }]);
  t.equal(table, 'NAME\na\\u001b[2Jb\\u009bc\\u202ed\\u000a');
  t.equal(fieldsText({ evil }), 'evil: a\\u001b[2Jb\\u009bc\\u202ed\\u000a');
  const json = jsonText({ evil });
  t.notMatch(json, /[\u001b\u009b\u202e]/);
  t.same(JSON.parse(json), { evil }, 'JSON reads it back as it was');
});

void t.test('an object as lines', async (t) => {
  const text = fieldsText({
    username: 'amy',
    loginMethods: [['publickey', 'password'], ['publickey']],
    permissions: [
      { path: '/outgoing', allow: ['list', 'read'] },
      { path: '/incoming', allow: [] },
    ],
    allowedCidrs: [],
    expiresAt: null,
    quotaBytes: 10_000_000_000,
  });
  t.equal(
    text,
    [
      'username:     amy',
      'loginMethods: publickey+password or publickey',
      'permissions:  /outgoing=list,read',
      '              /incoming=',
      'allowedCidrs: from everywhere',
      'expiresAt:    never',
      'quotaBytes:   10 GB (10000000000 bytes)',
    ].join('\n'),
  );
});

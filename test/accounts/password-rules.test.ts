// What a new password may be, at the edges of each rule.
import t from 'tap';
import { passwordPolicies } from '../../server/accounts/password-policies.ts';
import { checkNewPassword, isPasswordText } from '../../server/accounts/password-rules.ts';

const bytesMax = 1024;
const check = (password: string, words: readonly string[] = []) =>
  checkNewPassword(password, 'amy', bytesMax, { words, policy: passwordPolicies.baseline });

t.test('text within the limit of bytes, and no work for what is beyond it', (t) => {
  for (const [password, fits] of [
    ['a'.repeat(bytesMax), true],
    ['a'.repeat(bytesMax + 1), false],
    ['é'.repeat(bytesMax / 2), true],
    [`${'é'.repeat(bytesMax / 2)}a`, false],
    ['e\u0301'.repeat(bytesMax / 2), true],
    // Two bytes each once it is normalised, which is not done to what is too long already.
    ['u\u0308\u0304'.repeat(400), false],
    ['', true],
    ['\ud800', false],
    [null, false],
    [['a'], false],
  ] as const)
    t.equal(isPasswordText(password, bytesMax), fits, JSON.stringify(password)?.slice(0, 20));
  t.end();
});

const common = { message: /too common or too regular/, pointer: '/password' };
const names = { message: /name of the user or the agency/, pointer: '/password' };

t.test('how much a password has beside common words, runs and repetition', (t) => {
  for (const good of [
    'hrseohsroehsreo',
    'password7kzvqx9!',
    'jo-li-24-jo-li-35',
    '98765432109876x',
  ])
    t.equal(check(good), good);
  for (const bad of [
    'hrsehsrehsrehrs',
    'password7kzvq79!',
    '567890123456789',
    '543210987654321',
    'tyuiopqwertyuiop',
    'klmnopqrstuvwxyzab',
    'pasdfghjklzxcvbnmqwe',
    'ghjklasdfghjklasdf',
    'vbnmzxcvbnmzxcvb',
    'administrator1234',
  ])
    t.throws(() => check(bad), common, bad);
  t.end();
});

t.test('how much a password has beside the names around its user', (t) => {
  t.equal(check('jo-li-24-jo-li-35', ['Jo Li']), 'jo-li-24-jo-li-35', 'short ones hide nothing');
  t.equal(check('anna-kzvqx-7531', ['Anna']), 'anna-kzvqx-7531');
  for (const [password, ...words] of [
    ['anna-anna-12345', 'Anna'],
    ['anna-kzvq-75310', 'Anna'],
    ['smithson-smithson1', 'Smith Smithson'],
    ['smithson-smithson1', 'Smithson -- Smith'],
    ['smithson-smithson1', 'Smith', 'Smithson'],
    ['Ärztekammer-2030', 'Die ärztekammer'],
  ] as const)
    t.throws(() => check(password, words), names, `${password} of ${words.join(', ')}`);
  t.throws(() => check('correct Amy horse battery'), { message: /user name/ });
  t.end();
});

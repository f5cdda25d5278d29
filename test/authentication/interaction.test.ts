// What keyboard-interactive asks, and what an answer stands for.
import t from 'tap';
import {
  answeredProof,
  promptReply,
  questionFor,
} from '../../server/authentication/interaction.ts';
import type { Asked } from '../../server/authentication/interaction.ts';
import type { ProofMethod } from '../../server/domain/authentication.ts';

t.test('first the password, whoever the user is; a code only after a good proof', (t) => {
  const all: readonly ProofMethod[] = ['publickey', 'password', 'totp'];
  t.same(questionFor(all, true), { kind: 'password' });
  t.same(questionFor(all, false), { kind: 'totp' });
  t.same(questionFor(['password'], false), { kind: 'password' });
  t.same(questionFor(['totp'], false), { kind: 'totp' });
  for (const [methods, isFirst] of [
    [['totp'], true],
    [['publickey'], true],
    [['publickey'], false],
    [[], false],
  ] as const)
    t.throws(() => questionFor(methods, isFirst), { code: 'method-not-allowed' });
  t.end();
});

const asks: readonly Asked[] = [
  { kind: 'password' },
  { kind: 'totp' },
  { kind: 'new-password', passwordId: 'p1' },
];

t.test('answers stand for what was asked, as many as there were questions', (t) => {
  const answer = (asked: Asked | null, ...answers: string[]) =>
    answeredProof(asked, { kind: 'answers', answers });
  const [password, totp, renewal] = asks as [Asked, Asked, Asked];
  t.same(answer(password, 'secret'), { kind: 'password', password: 'secret' });
  t.same(answer(password, ''), { kind: 'password', password: '' });
  t.same(answer(totp, '123456'), { kind: 'code', code: '123456' });
  t.same(answer(renewal, 'new', 'new'), {
    kind: 'replacement',
    passwordId: 'p1',
    newPassword: 'new',
  });
  t.throws(() => answer(renewal, 'new', 'now'), {
    code: 'password-unacceptable',
    message: 'the two new passwords are not the same',
  });
  for (const [asked, ...answers] of [
    [null],
    [null, 'secret'],
    [password],
    [password, 'a', 'b'],
    [totp],
    [totp, 'a', 'b'],
    [renewal],
    [renewal, 'new'],
    [renewal, 'new', 'new', 'new'],
  ] as const)
    t.throws(() => answer(asked, ...answers), { code: 'proof-malformed' });
  const other = { kind: 'password', password: 'secret' } as const;
  for (const asked of [null, ...asks])
    t.equal(answeredProof(asked, other), other, 'another proof gives up what was asked');
  t.end();
});

t.test('nothing that is typed is shown', (t) => {
  const texts = [
    ['Password: '],
    ['One-time code: '],
    ['New password: ', 'New password once more: '],
  ];
  for (const [index, asked] of asks.entries()) {
    const prompts = texts[index]!.map((text) => ({ text, echo: false }));
    t.same(promptReply(asked), { kind: 'prompt', instruction: '', prompts });
    t.same(promptReply(asked, 'too short'), { kind: 'prompt', instruction: 'too short', prompts });
  }
  t.end();
});

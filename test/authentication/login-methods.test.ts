import t from 'tap';
import { stepAfter } from '../../server/authentication/login-methods.ts';

const key = 'publickey';
const word = 'password';

t.test('where a login stands', async (t) => {
  const partial = (...methods: string[]) => ({ kind: 'partial', methods });
  const complete = { kind: 'complete' };
  const no = { kind: 'not-allowed', methods: [] };
  const cases = [
    [[[key]], [key], complete],
    [[[key]], [word], no],
    [[[key]], [], partial(key)],
    [[[key]], [key, key], no],
    [[[key, word]], [key], partial(word)],
    [[[key, word]], [word], no],
    [[[key, word]], [key, word], complete],
    [[[key, word]], [word, key], no],
    [[[key, word]], [key, key], no],
    [
      [
        [key, word],
        [word, key],
      ],
      [word],
      partial(key),
    ],
    [
      [
        [key, word],
        [word, key],
      ],
      [word, key],
      complete,
    ],
    [[[key], [word, key]], [key], complete],
    [[[key], [word, key]], [word], partial(key)],
    [[[word], [key, word]], [key], partial(word)],
    [[], [], no],
    [[], [key], no],
    [[[]], [], no],
  ] as const;
  for (const [ways, given, expected] of cases) {
    t.same(stepAfter(ways, given), expected, JSON.stringify([ways, given]));
  }
});

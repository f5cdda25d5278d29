import { pbkdf2Sync } from 'node:crypto';
import t from 'tap';
import { createPasswordHashing } from '../../server/accounts/password-hashing.ts';
import { fitsPbkdf2, hashByPbkdf2, isPbkdf2 } from '../../server/accounts/pbkdf2.ts';

const password = 'correct horse battery staple';

t.test('a hash holds what was hashed, and nothing else', async (t) => {
  const hash = await hashByPbkdf2(password);
  t.match(hash, /^\$pbkdf2-sha512\$i=210000\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{86}$/);
  t.ok(isPbkdf2(hash));
  t.ok(await fitsPbkdf2(hash, password));
  for (const other of ['', `${password} `, password.toUpperCase()])
    t.notOk(await fitsPbkdf2(hash, other));
  t.not(await hashByPbkdf2(password), hash, 'each with a salt of its own');
});

t.test('it is what SP 800-132 says', async (t) => {
  const [, , , salt = '', key = ''] = (await hashByPbkdf2(password)).split('$');
  const expected = pbkdf2Sync(password, Buffer.from(salt, 'base64'), 210_000, 64, 'sha512');
  t.same(Buffer.from(key, 'base64'), expected);
});

t.test('a stored text that is no hash fits nothing', async (t) => {
  const good = await hashByPbkdf2(password);
  for (const bad of [
    '$pbkdf2-sha512$',
    good.slice(0, -1),
    good.replace('i=210000', 'i=0000'),
    good.replace('i=210000', 'i=99999999'),
    good.replace('sha512', 'sha1'),
  ])
    await t.rejects(fitsPbkdf2(bad, password), { message: /malformed/ });
});

t.test('new hashes are of the scheme, and those of the other one are still verified', async (t) => {
  const [argon2id, pbkdf2] = await Promise.all([
    createPasswordHashing({ queuedMax: 8 }),
    createPasswordHashing({ queuedMax: 8, scheme: 'pbkdf2' }),
  ]);
  const [old, fresh] = await Promise.all([argon2id.hash(password), pbkdf2.hash(password)]);
  t.match(old, /^\$argon2id\$/);
  t.match(fresh, /^\$pbkdf2-sha512\$/);
  for (const hashing of [argon2id, pbkdf2]) {
    for (const hash of [old, fresh]) {
      t.ok(await hashing.verify(hash, password));
      t.notOk(await hashing.verify(hash, 'another'));
    }
    t.notOk(await hashing.verify(null, password), 'nobody');
  }
  t.same(
    [argon2id, pbkdf2].map((hashing) => [old, fresh].map((hash) => hashing.isOutdated(hash))),
    [
      [false, true],
      [true, false],
    ],
  );
  t.equal(pbkdf2.isOutdated(fresh.replace('i=210000', 'i=100000')), true, 'a lower cost');
  t.equal(pbkdf2.isOutdated('$pbkdf2-sha512$'), true);
});

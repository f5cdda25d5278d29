import t from 'tap';
import type { Test } from 'tap';
import { fakeApi } from './fixtures/fake-api.ts';
import type { Answer, FakeApi } from './fixtures/fake-api.ts';
import { waybill } from './fixtures/run.ts';

async function serve(t: Test, answers: Record<string, Answer>): Promise<FakeApi> {
  const api = await fakeApi(answers);
  t.teardown(() => api.close());
  return api;
}

void t.test(
  'passwords come from stdin or a terminal that does not show them, never from an argument',
  async (t) => {
    const api = await serve(t, { 'PUT /v1/users/amy/password': { status: 204 } });
    t.equal(
      (await waybill(['user', 'set-password', 'amy'], { ...api, stdin: 'correct horse \n' }))
        .status,
      0,
    );
    t.same(api.seen[0]?.body, { password: 'correct horse ' }, 'only the line end is taken off');

    const typed = await waybill(['user', 'set-password', 'amy'], {
      ...api,
      typed: ['hunx\u007fter2\r', 'hunter2\r'],
    });
    t.equal(typed.status, 0, typed.err);
    t.same(api.seen[1]?.body, { password: 'hunter2' });
    t.notMatch(typed.out + typed.err, 'hunter2');

    const differ = await waybill(['user', 'set-password', 'amy'], {
      ...api,
      typed: ['one\r', 'two\r'],
    });
    t.equal(differ.status, 1);
    const stopped = await waybill(['user', 'set-password', 'amy'], {
      ...api,
      typed: ['one\u0003'],
    });
    t.equal(stopped.status, 1);
    const argument = await waybill(['user', 'set-password', 'amy', 'hunter2'], {
      ...api,
      stdin: 'x',
    });
    t.equal(argument.status, 2);
    const empty = await waybill(['user', 'set-password', 'amy'], api);
    t.equal(empty.status, 2);
    const lines = await waybill(['user', 'set-password', 'amy'], { ...api, stdin: 'one\ntwo\n' });
    t.equal(lines.status, 2);
    t.equal(api.seen.length, 2);
  },
);

void t.test('removal asks a person, and a script goes ahead', async (t) => {
  const api = await serve(t, { 'DELETE /v1/users/amy': { status: 204 } });
  const no = await waybill(['user', 'remove', 'amy'], { ...api, typed: ['n\n'] });
  t.equal(no.status, 1);
  t.match(no.err, 'nothing was changed');
  t.equal(api.seen.length, 0);
  t.equal((await waybill(['user', 'remove', 'amy'], { ...api, typed: ['y\n'] })).status, 0);
  t.equal((await waybill(['user', 'remove', 'amy'], api)).status, 0);
});

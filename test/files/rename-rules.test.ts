import t from 'tap';
import type { PathRule } from '../../server/domain/permissions.ts';
import { permissions } from '../../server/domain/permissions.ts';
import { openExchange } from '../fixtures/exchange.ts';

// A clerk could do everything in /outgoing but see /outgoing/case/sealed. It renamed /outgoing/case to /outgoing/case2:
// only the rules at the directory's own path were asked, and in its new place no rule took sealed away any more.

const everything = [...permissions];
const amy = { username: 'amy', agency: 'alameda' } as const;
const clerkWith = (...rules: PathRule[]) => ({
  username: 'clerk',
  agency: 'alameda',
  rules: [{ path: '/outgoing', allow: everything }, ...rules],
});

t.test('a directory with a rule below it cannot be renamed out from under it', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  await owner.mkdir('/outgoing/case');
  await owner.mkdir('/outgoing/case/sealed');
  await owner.mkdir('/outgoing/case/open');
  await owner.put('/outgoing/case/sealed/secret', Buffer.from('sealed'));
  await owner.put('/outgoing/case/open/note', Buffer.from('note'));
  const clerk = await exchange.connect(clerkWith({ path: '/outgoing/case/sealed', allow: [] }));
  for (const rename of [clerk.rename.bind(clerk), clerk.posixRename.bind(clerk)])
    await t.rejects(rename('/outgoing/case', '/outgoing/case2'), {
      code: 3,
      message: /permissions speak of something inside that directory/,
    });
  await t.rejects(clerk.get('/outgoing/case2/sealed/secret'), { code: 2 });
  await t.rejects(clerk.get('/outgoing/case/sealed/secret'), { code: 2 });
  t.same(
    (await clerk.list('/outgoing/case')).map(({ name }) => name),
    ['open'],
  );

  await clerk.rename('/outgoing/case/open', '/outgoing/case/opened');
  await clerk.rename('/outgoing/case/opened/note', '/outgoing/note');
  await owner.rename('/outgoing/case', '/outgoing/case2');
  t.equal((await owner.get('/outgoing/case2/sealed/secret')).toString(), 'sealed');
});

t.test('nor can one be renamed to where a rule would give or take something in it', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  await owner.mkdir('/outgoing/other');
  const starred = await exchange.connect(clerkWith({ path: '/outgoing/*/sealed', allow: [] }));
  const named = await exchange.connect(
    clerkWith({ path: '/outgoing/case/sealed', allow: ['list', 'read'] }),
  );
  await t.rejects(starred.rename('/outgoing/other', '/outgoing/another'), { code: 3 });
  await t.rejects(named.rename('/outgoing/other', '/outgoing/case'), { code: 3 });
  await named.rename('/outgoing/other', '/outgoing/another');
  await named.put('/outgoing/f', Buffer.from('f'));
  await named.rename('/outgoing/f', '/outgoing/case');
  t.equal((await owner.stat('/outgoing/case')).size, 1, 'a file has nothing inside');
});

// RENAME asked nothing of what lies below: a tree 26 deep moved under another 26 deep, and no path could name its files
// any more. And what an agency could make 32 deep, the State could not reach behind /agencies/<code>/.

const dora = { username: 'dora', agency: 'dcss', kind: 'state' } as const;
const deep = (top: string, depth: number) =>
  `/outgoing/${[top, ...Array.from({ length: depth - 2 }, () => 'd')].join('/')}`;

t.test('a tree cannot move to where its files could not be reached', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  const state = await exchange.connect(dora);
  const make = async (top: string, depth: number) => {
    for (let at = 2; at <= depth; at += 1) await owner.mkdir(deep(top, at));
  };
  await make('a', 16);
  await make('b', 15);
  await owner.put(`${deep('b', 15)}/f`, Buffer.from('f'));
  await t.rejects(owner.rename('/outgoing/b', `${deep('a', 16)}/b`), {
    code: 2,
    message: 'a tree may be 30 directories deep',
  });
  t.equal((await owner.get(`${deep('b', 15)}/f`)).toString(), 'f', 'it stays where it was');
  await owner.rename('/outgoing/b', `${deep('a', 15)}/b`);
  const moved = `${deep('a', 15)}/b${'/d'.repeat(13)}/f`;
  t.equal((await state.get(`/agencies/alameda${moved}`)).toString(), 'f', 'the State reaches it');
});

t.test('an unfinished upload counts as what lies below', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  for (let at = 2; at <= 29; at += 1) await owner.mkdir(deep('a', at));
  await owner.mkdir('/outgoing/b');
  const handle = await owner.open('/outgoing/b/f', 2 | 8 | 16);
  await t.rejects(owner.rename('/outgoing/b', `${deep('a', 29)}/b`), { message: /30 directories/ });
  await owner.close(handle);
});

t.test('names are refused where the State could not see them', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  for (let at = 2; at <= 30; at += 1) await owner.mkdir(deep('a', at));
  const over = `${deep('a', 30)}/x`;
  const reason = { code: 2, message: 'a tree may be 30 directories deep' };
  await t.rejects(owner.mkdir(over), reason);
  await t.rejects(owner.put(over, Buffer.from('x')), reason);
  await owner.put('/outgoing/f', Buffer.from('f'));
  await t.rejects(owner.rename('/outgoing/f', over), reason);
  await t.rejects(owner.get(over), { code: 2 });

  const long = 'x'.repeat(255);
  const wide = (depth: number) => `/outgoing${`/${long}`.repeat(depth)}`;
  for (let at = 1; at <= 15; at += 1) await owner.mkdir(wide(at));
  await t.rejects(owner.mkdir(wide(15) + '/' + long.slice(0, 210)), {
    message: /a path in a tree may have 4054 bytes/,
  });
  const fits = `${wide(15)}/${'y'.repeat(4054 - wide(15).length - 1)}`;
  await owner.put(fits, Buffer.from('fits'));
});

t.test('the longest path below counts in bytes', async (t) => {
  const exchange = await openExchange(t);
  const owner = await exchange.connect(amy);
  const long = 'é'.repeat(127);
  const below = (depth: number) => `/outgoing/b${`/${long}`.repeat(depth)}`;
  await owner.mkdir('/outgoing/b');
  for (let at = 1; at <= 14; at += 1) await owner.mkdir(below(at));
  await owner.put(`${below(14)}/f`, Buffer.from('f'));
  await owner.mkdir(`/outgoing/${long}`);
  await owner.mkdir(`/outgoing/${long}/${long}`);
  await t.rejects(owner.rename('/outgoing/b', `/outgoing/${long}/${long}/b`), {
    code: 2,
    message: 'a path in a tree may have 4054 bytes',
  });
  await owner.rename('/outgoing/b', `/outgoing/${long}/b`);
});

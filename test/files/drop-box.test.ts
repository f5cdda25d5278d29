import t from 'tap';
import { openExchange } from '../fixtures/exchange.ts';

// A user who may only put files into /outgoing/drop could STAT what others had put there: names, sizes and times.

t.test('who may only put files sees its own and no others', async (t) => {
  const exchange = await openExchange(t);
  const rules = [{ path: '/outgoing/drop', allow: ['write', 'mkdir'] as const }];
  const owner = await exchange.connect({ username: 'amy', agency: 'alameda' });
  await owner.mkdir('/outgoing/drop');
  await owner.mkdir('/outgoing/drop/folder');
  await owner.put('/outgoing/drop/other', Buffer.from('of amy'));
  const guest = await exchange.connect({ username: 'guest', agency: 'alameda', rules });

  await guest.stat('/');
  await guest.stat('/outgoing');
  await guest.stat('/outgoing/drop');
  const handle = await guest.open('/outgoing/drop/mine', 2 | 8 | 16);
  await guest.write(handle, 0, Buffer.from('mine'));
  t.equal((await guest.stat('/outgoing/drop/mine')).size, 4, 'while it is sent');
  await guest.close(handle);
  t.equal((await guest.stat('/outgoing/drop/mine')).size, 4, 'and once it is there');
  await guest.mkdir('/outgoing/drop/made');
  await guest.stat('/outgoing/drop/made');

  for (const path of ['other', 'folder', 'folder/none', 'none']) {
    await t.rejects(guest.stat(`/outgoing/drop/${path}`), {
      code: 2,
      message: 'no such file or directory',
    });
    await t.rejects(guest.open(`/outgoing/drop/${path}`, 1), { code: 2 });
    await t.rejects(guest.remove(`/outgoing/drop/${path}`), { code: 2 });
  }
  await t.rejects(guest.open('/outgoing/drop/mine', 1), { code: 3 }, 'its own it may not read');
  await owner.put('/outgoing/drop/mine', Buffer.from('of amy now'));
  await t.rejects(
    guest.stat('/outgoing/drop/mine'),
    { code: 2 },
    'what replaced it is not its own',
  );
});

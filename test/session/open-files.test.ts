import t from 'tap';
import { openHall } from './fixtures/hall.ts';

// The story: the limit was one of a channel, and a connection may have ten of them: a user had 640 files open where the
// limits promise 64, each with megabytes of memory of its own.
t.test('more channels give no more open files', async (t) => {
  const { arrive } = await openHall(t);
  const peer = await arrive({ username: 'amy', agency: 'alameda' });
  const [one, two] = [await peer.client(), await peer.client()];
  await one.put('/outgoing/f', Buffer.from('x'));
  const first = await Promise.all(Array.from({ length: 40 }, () => one.open('/outgoing/f', 1)));
  await Promise.all(Array.from({ length: 24 }, () => two.open('/outgoing/f', 1)));
  await t.rejects(two.open('/outgoing/f', 1), { code: 4, message: /64 open files/ });
  await t.rejects(one.open('/outgoing/f', 1), { code: 4, message: /64 open files/ });
  await one.close(first[0]!);
  await two.open('/outgoing/f', 1);
});

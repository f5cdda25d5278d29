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

// Opens that were under way did not count: ten channels that asked at once passed the limit by nine.
t.test('files that are being opened count', async (t) => {
  const { arrive } = await openHall(t);
  const peer = await arrive({ username: 'amy', agency: 'alameda' });
  const clients = [];
  for (let channel = 0; channel < 10; channel += 1) clients.push(await peer.client());
  const [one] = clients;
  await one!.put('/outgoing/f', Buffer.from('x'));
  await Promise.all(Array.from({ length: 60 }, () => one!.open('/outgoing/f', 1)));
  const opened = await Promise.allSettled(clients.map((client) => client.open('/outgoing/f', 1)));
  t.equal(opened.filter(({ status }) => status === 'fulfilled').length, 4);
});

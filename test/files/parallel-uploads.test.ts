import t from 'tap';
import { openExchange } from '../fixtures/exchange.ts';

const PUT = 0x1a;
const mebibyte = 1024 * 1024;

// The story: a user with a quota of 1 MB opened 60 uploads side by side, each within what the quota left when it was
// opened, wrote 1 MB to each and dropped the connection. 60 MB of partials stayed.
t.test('uploads side by side do not pass the quota together', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({
    username: 'amy',
    agency: 'alameda',
    quotaBytes: mebibyte,
  });
  const content = Buffer.alloc(mebibyte, 5);
  const handles = await Promise.all(
    Array.from({ length: 20 }, (_, index) => amy.open(`/outgoing/f${index}`, PUT)),
  );
  for (const handle of handles) {
    for (let at = 0; at < mebibyte; at += 32_768)
      await amy.write(handle, at, content.subarray(at, at + 32_768));
  }
  await amy.close(handles[0]!);
  await t.rejects(amy.close(handles[1]!), { message: /quota of 1.05 MB reached/ });
  await amy.drop();
  const again = await exchange.connect({ username: 'amy', agency: 'alameda' });
  t.same(
    (await again.list('/outgoing')).map(({ name, size }) => [name, size]),
    [['f0', mebibyte]],
  );
  t.same(exchange.faults, []);
});

t.test('what live uploads have received already counts for the next one', async (t) => {
  const exchange = await openExchange(t);
  const user = { username: 'amy', agency: 'alameda', quotaBytes: mebibyte };
  const amy = await exchange.connect(user);
  const handle = await amy.open('/outgoing/a', PUT);
  await amy.write(handle, 0, Buffer.alloc(200_000));
  const [live] = exchange.parts.opens.ofSession(amy.sessionId);
  exchange.monitor.progress(amy.sessionId, {
    bytesRead: 0,
    bytesWritten: 900_000,
    files: [{ openId: live!.openId, bytes: 900_000 }],
  });
  const second = await amy.open('/outgoing/b', PUT);
  await t.rejects(amy.write(second, 0, Buffer.alloc(200_000)), { message: /quota/ });
  await amy.write(second, 0, Buffer.alloc(100_000)).catch(() => undefined);
});

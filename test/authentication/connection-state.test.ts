// One connection before its login: what it begins with, and one request after the other.
import t from 'tap';
import { openConnectionState } from '../../server/authentication/connection-state.ts';
import type { AuthenticationReply } from '../../server/domain/authentication.ts';

const accepted: AuthenticationReply = { kind: 'offer-accepted' };
const openingFrom = (address: string) => ({
  connectionId: 'c1',
  source: { address, port: 50_000 },
  client: 'OpenSSH_9.2',
  algorithms: {},
});

t.test('nothing is known and nothing is proven at first', (t) => {
  const opening = openingFrom('192.0.2.10');
  const { queue, ...state } = openConnectionState(opening, 1);
  t.same(state, {
    opening,
    source: '192.0.2.10:50000',
    username: undefined,
    verified: [],
    methods: ['publickey', 'password', 'totp'],
    asked: null,
    refusals: new Map(),
    failures: 0,
    foreignKeyCounted: false,
    unproven: 0,
    isOver: false,
    sessionId: undefined,
  });
  t.ok(queue);
  t.equal(openConnectionState(openingFrom('2001:db8::1'), 1).source, '[2001:db8::1]:50000');
  t.end();
});

t.test('requests wait for those before them, so many and no more', async (t) => {
  const { queue } = openConnectionState(openingFrom('192.0.2.10'), 2);
  const done: string[] = [];
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const first = queue.run(async () => {
    await held;
    done.push('first');
    throw new Error('broken');
  });
  const second = queue.run(async () => {
    done.push('second');
    return accepted;
  });
  const idle = queue.idle().then(() => done.push('idle'));
  t.equal(
    queue.run(async () => accepted),
    undefined,
    'a third one is too many',
  );
  await Promise.resolve();
  t.same(done, []);
  goOn();
  await t.rejects(first!, { message: 'broken' });
  t.same(await second, accepted, 'what fails stops nobody');
  await idle;
  t.same(done, ['first', 'second', 'idle']);
  t.same(await queue.run(async () => accepted), accepted, 'there is room again');
  t.same(await queue.run(async () => accepted), accepted);
});

import t from 'tap';
import { judge } from '../../server/authentication/judge.ts';
import { openConnectionState } from '../../server/authentication/connection-state.ts';
import { UsedKeys } from '../../server/authentication/used-keys.ts';
import { admin } from '../accounts/fixtures/accounts.ts';
import { testKey } from '../accounts/fixtures/keys.ts';
import { openDesk } from './fixtures/logins.ts';

t.test('only keys that would be accepted are read the shorter way', async (t) => {
  // How long an offer takes would tell strangers what a user has, or that there is one.
  const desk = await openDesk(t);
  const [good, ended] = [testKey('ed25519'), testKey('p256')];
  const expiresAtMs = desk.clock.nowMs + 1;
  await desk.accounts.addKey(admin, 'ann', { publicKey: ended.line, expiresAtMs });
  desk.clock.nowMs += 1;
  const asked: unknown[] = [];
  class Watched extends UsedKeys {
    override parse(...[blob, accepted]: Parameters<UsedKeys['parse']>) {
      asked.push(accepted.map(({ type }) => type));
      return super.parse(blob, accepted);
    }
  }
  const offered = async (username: string) => {
    const connection = openConnectionState(
      {
        connectionId: 'c',
        source: { address: '192.0.2.10', port: 5 },
        client: 'x',
        algorithms: {},
      },
      1,
    );
    const offer = { kind: 'offer', algorithm: good.type, keyBlob: good.blob } as const;
    const parts = { database: desk.database, accounts: desk.accounts, usedKeys: new Watched() };
    return judge(parts, Object.assign(connection, { username }), offer, null);
  };
  t.match(await offered('ann'), { kind: 'offer-accepted' });
  await t.rejects(offered('nobody'), { code: 'user-unknown' });
  await desk.accounts.changeUser(admin, 'ann', { status: 'disabled' });
  await t.rejects(offered('ann'), { code: 'user-disabled' });
  t.same(asked, [[good.type], [], []]);
});

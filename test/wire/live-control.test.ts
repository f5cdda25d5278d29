// What an administrator takes away ends the sessions of the user within 5 s, whatever they are busy with, and the ledger
// says why (compliance.md C06).
import t, { type Test } from 'tap';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveUser } from '../fixtures/live-server.ts';
import { address, needs, sshOptions, start, type Running } from './clients.ts';
import { audit, makeFile, openScene, succeeded, transfers, type Scene } from './story.ts';

const endedMsMax = 5_000;
const soonMs = 3_000;

type Case = {
  /** Before the login. */
  readonly prepare?: (scene: Scene, user: LiveUser) => Promise<unknown>;
  readonly change?: (scene: Scene, user: LiveUser) => Promise<unknown>;
  /** Of `session.ended.1`; null: it ends by itself. */
  readonly reason: string | null;
};

const patch = (body: object) => (scene: Scene, user: LiveUser) =>
  scene.server.api('PATCH', `/v1/users/${user.username}`, body);

async function removeKeys({ server }: Scene, { username }: LiveUser): Promise<void> {
  for (const { id } of await server.all<{ id: string }>(`/v1/users/${username}/keys`))
    await server.api('DELETE', `/v1/users/${username}/keys/${id}`);
}

const cases: Readonly<Record<string, Case>> = {
  disabled: { change: patch({ status: 'disabled' }), reason: 'user-disabled' },
  'expired already': {
    change: patch({ expiresAt: '2020-01-01T00:00:00Z' }),
    reason: 'user-expired',
  },
  'its end reached': {
    prepare: (scene, user) =>
      patch({ expiresAt: new Date(Date.now() + soonMs).toISOString() })(scene, user),
    reason: null,
  },
  'key removed': { change: removeKeys, reason: 'key-unknown' },
  'the end of its key reached': {
    prepare: async (scene, user) => {
      await removeKeys(scene, user);
      await scene.server.api('POST', `/v1/users/${user.username}/keys`, {
        publicKey: user.publicKey,
        expiresAt: new Date(Date.now() + soonMs).toISOString(),
      });
    },
    reason: null,
  },
  'password changed': {
    change: ({ server }, { username }) =>
      server.api('PUT', `/v1/users/${username}/password`, {
        password: 'correct horse battery staple',
      }),
    reason: 'password-wrong',
  },
  'addresses shrunk': {
    change: patch({ allowedCidrs: ['192.0.2.0/24'] }),
    reason: 'address-not-allowed',
  },
  'rights taken': {
    change: patch({ permissions: [{ path: '/incoming', allow: ['list'] }] }),
    reason: 'permission-denied',
  },
};

async function until(happened: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await happened())) await sleep(20);
}

function sftp(scene: Scene, user: LiveUser, input: string, ...options: string[]): Running {
  const args = ['-b', '-', ...options, ...sshOptions(scene.server, user), address(user)];
  return start('sftp', args, { cwd: scene.here, input: `${input}\n` });
}

/** Waits for the row of its end, and holds it against what took the right away. */
async function ends(
  t: Test,
  { server }: Scene,
  { username }: LiveUser,
  { reason, sinceMs }: { readonly reason: string | null; readonly sinceMs: number },
): Promise<void> {
  const closed = async () =>
    (await audit(server, { event: 'session.closed.1' })).find(
      (row) => row['username'] === username,
    );
  await until(async () => (await closed()) !== undefined);
  const row = await closed();
  t.equal(row?.['closed'], reason === null ? 'expired' : 'administrator');
  const tookMs = Date.parse(String(row?.['at'])) - sinceMs;
  t.ok(tookMs < endedMsMax, `${tookMs} ms`);
  const ended = (await audit(server, { event: 'session.ended.1' })).filter(
    (each) => each['username'] === username,
  );
  t.same(
    ended.map((each) => each['reason']),
    reason === null ? [] : [reason],
  );
}

t.test('an upload in progress', needs('sftp'), async (t) => {
  const scene = await openScene(t);
  makeFile(scene, 'big', 40_000_000);
  for (const [index, [name, { prepare, change, reason }]] of Object.entries(cases).entries()) {
    await t.test(name, async (t) => {
      const user = await scene.server.addUser(`user-${index}`, 'alameda');
      await prepare?.(scene, user);
      const preparedMs = Date.now();
      const client = sftp(scene, user, `put big /outgoing/${name}.dat`, '-l', '16000');
      const transfer = async () => (await transfers(scene.server, { username: user.username }))[0];
      // One without a byte would be no partial.
      await until(async () => ((await transfer())?.bytes ?? 0) > 0);
      const sinceMs = reason === null ? preparedMs + soonMs : Date.now();
      await change?.(scene, user);
      await ends(t, scene, user, { reason, sinceMs });
      const ran = await client.done;
      t.not(ran.status, 0);
      t.equal((await transfer())?.state, 'partial');
    });
  }
});

const busy: Readonly<Record<string, readonly string[]>> = {
  'a client that reads no more': [],
  'a client that makes new keys all the time': ['-o', 'RekeyLimit=16K'],
};

for (const [name, options] of Object.entries(busy)) {
  t.test(`a download: ${name}`, needs('sftp'), async (t) => {
    const scene = await openScene(t);
    const { amy } = scene;
    makeFile(scene, 'big', 60_000_000);
    succeeded(t, await sftp(scene, amy, 'put big /outgoing/big').done);
    const reader = await scene.server.addUser('reader', 'alameda');
    const client = sftp(scene, reader, 'get /outgoing/big back', ...options);
    const back = join(scene.here, 'back');
    await until(() => existsSync(back) && statSync(back).size > 1_000_000);
    const pauses = options.length === 0;
    if (pauses) client.kill('SIGSTOP');
    // What the connection and its pipes hold fills up meanwhile.
    await sleep(pauses ? 1_000 : 0);
    const sinceMs = Date.now();
    await removeKeys(scene, reader);
    await ends(t, scene, reader, { reason: 'key-unknown', sinceMs });
    const left = await transfers(scene.server, { username: 'reader' });
    t.match(left, [{ state: 'incomplete' }]);
    client.kill('SIGKILL');
    await client.done;
  });
}

// docs/provision.sh against the real server: what it says it did is there, and again it does nothing twice.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { startLiveServer } from '../fixtures/live-server.ts';
import { needs, run, sshOptions } from './clients.ts';

/** The repository, seen from the build. */
const root = resolve(import.meta.dirname, '../../..');
const script = join(root, 'docs/provision.sh');

t.test(
  'the script of the documentation',
  needs('bash', 'curl', 'jq', 'ssh-keygen', 'sftp'),
  async (t) => {
    const server = await startLiveServer(t);
    const work = join(server.directory, 'work');
    const today = new Date().toISOString().slice(0, 10);
    const provision = (...more: readonly string[]) =>
      run('bash', [script, work, ...more], {
        cwd: server.directory,
        environment: {
          WAYBILL_URL: `http://127.0.0.1:${server.adminPort}`,
          WAYBILL_API_KEY_FILE: join(server.dataDirectory, 'initial-admin-key'),
          DAY: today,
        },
      });
    const sftp = (username: string, keyFile: string, input: string) =>
      run(
        'sftp',
        [
          ...sshOptions(server, { username, keyFile, publicKey: '' }),
          '-b',
          '-',
          `${username}@127.0.0.1`,
        ],
        { cwd: server.directory, input },
      );

    t.ok(readFileSync(script, 'utf8').trimEnd().split('\n').length <= 60, 'of 60 lines');
    const first = await provision();
    t.equal(first.status, 0, first.output);
    t.match(first.output, /^agencies: 53$/m);
    t.match(first.output, /^users: 104 created, 0 unchanged, 0 refused$/m);
    t.match(first.output, /^yuba-lead is disabled$/m);
    t.match(first.output, /^the key SHA256:\S+ works until \S+; SHA256:\S+ takes over$/m);
    t.match(first.output, /^downloaded lcsas\.csv, the same bytes$/m);
    t.equal((await server.all('/v1/agencies')).length, 53);
    t.equal((await server.all('/v1/users')).length, 104);

    // The old key still works during the overlap, and so does the new one; who is disabled is refused.
    const key = (name: string) => join(work, 'keys', name);
    for (const name of ['alameda-batch', 'alameda-next']) {
      const login = await sftp('alameda-batch', key(name), 'get /incoming/lcsas.csv\n');
      t.equal(login.status, 0, login.output);
    }
    t.ok(
      readFileSync(join(server.directory, 'lcsas.csv')).equals(
        readFileSync(join(root, 'docs/lcsas.csv')),
      ),
    );
    t.not((await sftp('yuba-lead', key('yuba-lead'), 'ls\n')).status, 0);
    const [used] = await server.all<{ lastUsedAlgorithm: string; lastUsedClient: string }>(
      '/v1/users/alameda-batch/keys',
    );
    t.match(used, { lastUsedAlgorithm: 'ssh-ed25519', lastUsedClient: /OpenSSH/ });

    const second = await provision();
    t.equal(second.status, 0, second.output);
    t.match(second.output, /^users: 0 created, 104 unchanged, 0 refused$/m);
    t.match(second.output, /^refused: \S+ yuba-lead from 127\.0\.0\.1:\d+: user-disabled$/m);
    t.notMatch(second.output, /takes over/);
    t.equal((await server.all('/v1/users')).length, 104);
    t.equal((await server.all('/v1/users/alameda-batch/keys')).length, 2);

    const wrong = await provision(join(root, 'docs/lcsas.csv'));
    t.not(wrong.status, 0, 'a file that is none of users');
    t.match(wrong.output, /400 field-invalid: .* \(request [0-9a-f]{32}\)/);
  },
);

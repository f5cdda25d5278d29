import t from 'tap';
import { startLiveServer } from '../fixtures/live-server.ts';
import { needs, run } from './clients.ts';

t.test('ssh-audit finds nothing to fail', needs('ssh-audit'), async (t) => {
  const server = await startLiveServer(t);
  const { output } = await run('ssh-audit', ['-n', '-p', String(server.sftpPort), '127.0.0.1'], {
    cwd: server.directory,
  });
  t.match(output, /\(kex\) mlkem768x25519-sha256/, 'it names the post-quantum exchange');
  t.match(output, /\(key\) ssh-ed25519/);
  const failures = output.split('\n').filter((line) => line.includes('[fail]'));
  t.same(failures, []);
});

// Legal holds as people meet them: what is refused says why, and what is replaced is kept.
import t from 'tap';
import { address, needs, run, sshOptions, type Ran } from './clients.ts';
import {
  makeFile,
  namesIn,
  openScene,
  published,
  recorded,
  refused,
  sha256,
  succeeded,
} from './story.ts';

const words = { reason: 'Smith v. County', authority: 'Superior Court 24-1183' };
const report = '/outgoing/day/report';

t.test('OpenSSH and lftp under a legal hold', needs('sftp', 'lftp', 'ssh'), async (t) => {
  const scene = await openScene(t);
  const { server, amy, here: cwd } = scene;
  const sftp = (...commands: readonly string[]): Promise<Ran> =>
    run('sftp', ['-b', '-', ...sshOptions(server, amy), address(amy)], {
      cwd,
      input: `${commands.join('\n')}\n`,
    });
  const lftp = (...commands: readonly string[]): Promise<Ran> => {
    const script = [
      `set sftp:connect-program "ssh -a -x ${sshOptions(server, amy).join(' ')}"`,
      'set cmd:fail-exit yes',
      'set net:max-retries 1',
      `open -u amy,none sftp://127.0.0.1:${server.sftpPort}`,
      ...commands,
    ];
    return run('lftp', ['--norc', '-c', script.join('\n')], { cwd });
  };
  const first = makeFile(scene, 'first.dat', 100_000);
  const second = makeFile(scene, 'second.dat', 200_000);
  const third = makeFile(scene, 'third.dat', 10);
  succeeded(t, await sftp('mkdir /outgoing/day', `put first.dat ${report}`));
  const file = await published(t, server, { path: report, bytes: first });
  const hold = await server.api<{ id: string }>('POST', '/v1/holds', {
    ...words,
    agency: 'alameda',
    path: '/outgoing/day/**',
  });

  // OpenSSH has words of its own for a status; lftp shows those of the server.
  for (const [command, like] of [
    [`rm ${report}`, `rm ${report}`],
    [`rename ${report} /outgoing/other`, `mv ${report} /outgoing/other`],
    ['rename /outgoing/day /outgoing/night', 'mv /outgoing/day /outgoing/night'],
  ] as const) {
    refused(t, await sftp(command), /Permission denied/);
    refused(t, await lftp(like), /under a legal hold: Smith v\. County \(Superior Court 24-1183\)/);
  }
  await recorded(t, server, 'request.refused.1', report, {
    operation: 'remove',
    outcome: 'refused',
    reason: 'held',
  });
  t.same(await namesIn(server, '/outgoing/day'), ['report']);

  succeeded(
    t,
    await sftp(
      `put second.dat ${report}`,
      `put third.dat ${report}.filepart`,
      `rename ${report}.filepart ${report}`,
    ),
  );
  await published(t, server, { path: report, bytes: third, receivedAs: `${report}.filepart` });
  const [now] = await server.all<{ id: string }>(`/v1/files?agency=alameda&path=${report}`);
  t.not(now!.id, file!.id, 'another file took its place, and has its history');
  t.match(
    await server.all(`/v1/files/${now!.id}/versions`),
    [
      { state: 'current', sha256: sha256(third) },
      { state: 'previous', sha256: sha256(second) },
      { state: 'previous', sha256: sha256(first) },
    ],
    'more than are kept otherwise',
  );

  await server.stop('SIGKILL');
  await server.start();
  refused(t, await sftp(`rm ${report}`), /Permission denied/);
  await server.api('POST', `/v1/holds/${hold.id}/lifting`, { reason: 'settled' });
  succeeded(t, await sftp(`rm ${report}`, 'rmdir /outgoing/day'));
  await recorded(t, server, 'file.removed.1', report);
});

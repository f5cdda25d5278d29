// One-time codes and passwords that have to be changed, with the clients that agencies have: OpenSSH and lftp.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Secret, TOTP } from 'otpauth';
import { needs, run } from './clients.ts';
import { audit, openScene, refused, succeeded, type Scene } from './story.ts';

const password = 'correct horse battery staple';

/**
 * A program that ssh asks in place of a terminal: it answers each question by the first pattern that fits, and writes down
 * what it was asked.
 */
function askpass(scene: Scene, answers: Readonly<Record<string, string>>) {
  const file = join(scene.here, 'askpass');
  const asked = join(scene.here, 'asked');
  const cases = Object.entries(answers).map(([form, answer]) => `*"${form}"*) echo '${answer}';;`);
  writeFileSync(
    file,
    `#!/bin/sh\necho "$1" >> '${asked}'\ncase "$1" in\n${cases.join('\n')}\n*) exit 1;;\nesac\n`,
  );
  chmodSync(file, 0o700);
  return {
    environment: { SSH_ASKPASS: file, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' },
    asked: () => (existsSync(asked) ? readFileSync(asked, 'utf8').trim().split('\n') : []),
  };
}

function sshOptions({ server, amy }: Scene, more: readonly string[] = []): readonly string[] {
  return [
    '-F',
    '/dev/null',
    '-o',
    `UserKnownHostsFile=${server.knownHostsFile}`,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'IdentityAgent=none',
    '-o',
    `IdentityFile=${amy.keyFile}`,
    // `sftp -b` would ask nothing.
    '-o',
    'NumberOfPasswordPrompts=1',
    '-o',
    'BatchMode=no',
    ...more.flatMap((option) => ['-o', option]),
  ];
}

function sftp(scene: Scene, environment: Record<string, string>, more: readonly string[] = []) {
  const { server, here } = scene;
  return run(
    'sftp',
    [...sshOptions(scene, more), '-o', `Port=${server.sftpPort}`, '-b', '-', 'amy@127.0.0.1'],
    { cwd: here, input: 'pwd\n', environment },
  );
}

/** Enrols amy as an administrator would; the codes are those of a step that was not used yet. */
async function enrol({ server }: Scene) {
  const made = await server.api<{ secret: string; uri: string; qrCodePng: string }>(
    'PUT',
    '/v1/users/amy/totp',
    {},
  );
  const totp = new TOTP({ secret: Secret.fromBase32(made.secret) });
  const { recoveryCodes } = await server.api<{ recoveryCodes: string[] }>(
    'POST',
    '/v1/users/amy/totp/confirmation',
    { code: totp.generate({ timestamp: Date.now() - 30_000 }) },
  );
  return {
    ...made,
    recoveryCodes,
    code: (steps = 0) => totp.generate({ timestamp: Date.now() + steps * 30_000 }),
  };
}

t.test('a key or a password, and then a code: OpenSSH', needs('sftp'), async (t) => {
  const scene = await openScene(t, { WAYBILL_ALLOWED_MONITORS: '127.0.0.1' });
  const { server } = scene;
  await server.api('PUT', '/v1/users/amy/password', { password });
  const { code, recoveryCodes } = await enrol(scene);
  await server.api('PATCH', '/v1/users/amy', {
    loginMethods: [
      ['publickey', 'totp'],
      ['password', 'totp'],
    ],
  });

  const given = code();
  const withKey = askpass(scene, { 'One-time code': given });
  succeeded(t, await sftp(scene, withKey.environment), 'key and code');
  refused(t, await sftp(scene, withKey.environment), /Permission denied/);
  const next = askpass(scene, { 'One-time code': code(1) });
  succeeded(t, await sftp(scene, next.environment), 'the next code');
  const wrong = askpass(scene, { 'One-time code': '000000' });
  refused(t, await sftp(scene, wrong.environment), /Permission denied/);
  const noKey = ['PubkeyAuthentication=no'];
  const both = askpass(scene, { Password: password, 'One-time code': recoveryCodes[0]! });
  succeeded(t, await sftp(scene, both.environment, noKey), 'password and code, both asked for');
  refused(t, await sftp(scene, both.environment, noKey), /Permission denied/);
  const plain = askpass(scene, { "'s password": password, 'One-time code': recoveryCodes[1]! });
  const order = [...noKey, 'PreferredAuthentications=password,keyboard-interactive'];
  succeeded(t, await sftp(scene, plain.environment, order), 'password in its own method');

  const reasons = (await audit(server, { event: 'login.refused.1' })).map((row) =>
    String(row['reason']),
  );
  t.same(reasons.toSorted(), ['code-used', 'code-wrong', 'code-wrong']);
  t.match(await audit(server, { event: 'recovery-code.used.1' }), [{ left: 8 }, { left: 9 }]);
  const proofs = (await audit(server, { event: 'login.accepted.2' })).map((row) => row['proofs']);
  const named = proofs.map((each) => (each as string[]).map((proof) => proof.split(' ')[0]));
  t.same(named, [
    ['password', 'recovery-code'],
    ['password', 'recovery-code'],
    ['publickey', 'totp'],
    ['publickey', 'totp'],
  ]);
});

t.test('a code in lftp, through ssh', needs('lftp'), async (t) => {
  const scene = await openScene(t);
  const { server, here } = scene;
  const { code } = await enrol(scene);
  await server.api('PATCH', '/v1/users/amy', { loginMethods: [['publickey', 'totp']] });
  const asked = askpass(scene, { 'One-time code': code() });
  const program = ['ssh', '-a', '-x', ...sshOptions(scene)].join(' ');
  const ran = await run(
    'lftp',
    [
      '-c',
      `set sftp:connect-program "${program}"; set net:max-retries 1; open -p ${server.sftpPort} -u amy, sftp://127.0.0.1; cls /`,
    ],
    { cwd: here, environment: asked.environment },
  );
  succeeded(t, ran);
  t.match(ran.stdout, /incoming/);
  t.match(asked.asked(), [/One-time code/]);
});

t.test('a temporary password is changed while logging in', needs('sftp'), async (t) => {
  const scene = await openScene(t, { WAYBILL_ALLOWED_MONITORS: '127.0.0.1' });
  const { server } = scene;
  const fresh = 'plenty of unrelated words here';
  const noKey = ['PubkeyAuthentication=no'];
  await server.api('PATCH', '/v1/users/amy', { loginMethods: [['password']] });
  await server.api('PUT', '/v1/users/amy/password', { password, temporary: true });

  const change = askpass(scene, {
    'old password': password,
    'new password': fresh,
    "'s password": password,
  });
  const byRequest = [...noKey, 'PreferredAuthentications=password'];
  succeeded(
    t,
    await sftp(scene, change.environment, byRequest),
    'SSH_MSG_USERAUTH_PASSWD_CHANGEREQ',
  );
  t.match(await server.api('GET', '/v1/users/amy'), { passwordTemporary: false });
  const after = askpass(scene, { "'s password": fresh });
  succeeded(t, await sftp(scene, after.environment, byRequest), 'the new one');

  await server.api('PUT', '/v1/users/amy/password', { password, temporary: true });
  const asked = askpass(scene, { 'New password': fresh, Password: password });
  succeeded(t, await sftp(scene, asked.environment, noKey), 'keyboard-interactive');
  const sets = await audit(server, { event: 'password.set.2' });
  t.match(sets, [
    { by: 'user' },
    { by: 'administrator', temporary: true },
    { by: 'user' },
    { by: 'administrator' },
  ]);
});

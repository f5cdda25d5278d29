// Receipts as senders have them: with the tools that every county has.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t, { type Test } from 'tap';
import { plainNode, plainNodeArguments } from '../fixtures/plain-node.ts';
import { address, needs, run, sshOptions } from './clients.ts';
import { makeFile, openScene, sha256, succeeded, type Scene } from './story.ts';

const build = resolve(import.meta.dirname, '../..');
t.setTimeout(300_000);

type Receipt = {
  readonly kind: string;
  readonly path: string;
  readonly sha256: string;
  readonly keyFingerprint: string | null;
  readonly signedUpload?: { readonly result: string; readonly keyFingerprint: string };
};

async function sftp({ server, here }: Scene, user: Scene['amy'], script: string) {
  return run('sftp', [...sshOptions(server, user), '-b', '-', address(user)], {
    cwd: here,
    input: script,
  });
}

/** As an auditor types it: the time is in the file's name. */
async function keygen(
  { here }: Scene,
  name: string,
  input = readFileSync(join(here, name), 'utf8'),
) {
  const time = name.replace(/^(\d{8})T(\d{6}).*$/, '$1$2Z');
  const args = ['-Y', 'verify', '-f', 'allowed_signers', '-I', 'waybill', '-n', 'waybill-receipt'];
  return run('ssh-keygen', [...args, `-Overify-time=${time}`, '-s', `${name}.sig`], {
    cwd: here,
    input,
  });
}

function receiptsHere({ here }: Scene): readonly string[] {
  return readdirSync(here)
    .filter((name) => /^\d{8}T.*\.json$/.test(name))
    .toSorted();
}

function receiptAt({ here }: Scene, name: string): Receipt {
  return JSON.parse(readFileSync(join(here, name), 'utf8')) as Receipt;
}

async function rotate(t: Test, { server, here }: Scene): Promise<void> {
  const cli = join(build, 'cli/main.js');
  const ran = await run('bash', [], {
    cwd: here,
    input: `exec '${plainNode}' ${plainNodeArguments.join(' ')} '${cli}' evidence-key rotate`,
    environment: { PATH: process.env['PATH'] ?? '', WAYBILL_DATA_DIR: server.dataDirectory },
  });
  succeeded(t, ran);
  t.match(ran.stdout, /SHA256:.* signs from now on; SHA256:.* is destroyed/);
}

t.test('a receipt with sftp and ssh-keygen', needs('sftp', 'ssh-keygen', 'bash'), async (t) => {
  const scene = await openScene(t);
  const { amy, here, server } = scene;
  const content = makeFile(scene, 'cases.csv', 70_000);
  // A batch job: it puts a file, and fetches what it is given for it.
  const batch = ['put cases.csv /outgoing/cases.csv', 'get /receipts/*'].join('\n');
  succeeded(t, await sftp(scene, amy, `${batch}\n`));
  const [name = '', ...others] = receiptsHere(scene);
  t.same(others, []);
  t.match(receiptAt(scene, name), {
    kind: 'received',
    path: '/outgoing/cases.csv',
    sha256: sha256(content),
    keyFingerprint: /^SHA256:/,
  });
  const good = await keygen(scene, name);
  succeeded(t, good);
  t.match(good.stdout, /^Good "waybill-receipt" signature for waybill with ED25519 key SHA256:/);
  const text = readFileSync(join(here, name), 'utf8');
  for (const at of [0, 100, text.length - 1]) {
    const changed =
      text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
    t.not((await keygen(scene, name, changed)).status, 0, `byte ${at}`);
  }

  await rotate(t, scene);
  makeFile(scene, 'more.csv', 10);
  succeeded(t, await sftp(scene, amy, 'put more.csv /outgoing/more.csv\nget /receipts/*\n'));
  const signers = readFileSync(join(here, 'allowed_signers'), 'utf8');
  t.equal(signers.trim().split('\n').length, 2);
  t.match(signers, /valid-before=/);
  const all = receiptsHere(scene);
  t.equal(all.length, 2);
  for (const each of all) succeeded(t, await keygen(scene, each), 'the old one and the new one');
  await server.stop();
  await server.start();
  succeeded(
    t,
    await sftp(scene, amy, `rm /receipts/${name}\n`).then((ran) => ({
      ...ran,
      status: ran.status === 0 ? 1 : 0,
    })),
    'nothing is removed',
  );
  succeeded(t, await sftp(scene, amy, 'put more.csv /outgoing/third.csv\nget /receipts/*\n'));
  t.equal(receiptsHere(scene).length, 3, 'the key is the new one after a start');
  for (const each of receiptsHere(scene)) succeeded(t, await keygen(scene, each));
});

t.test(
  "a signature beside an upload, by its sender's key",
  needs('sftp', 'ssh-keygen'),
  async (t) => {
    const scene = await openScene(t);
    const { amy, here, server } = scene;
    makeFile(scene, 'signed.csv', 200_000);
    const signing = ['-q', '-Y', 'sign', '-f', amy.keyFile, '-n', 'file', 'signed.csv'];
    succeeded(t, await run('ssh-keygen', signing, { cwd: here }));
    t.ok(existsSync(join(here, 'signed.csv.sig')));
    const batch = ['signed.csv', 'signed.csv.sig'].map((name) => `put ${name} /outgoing/${name}\n`);
    succeeded(t, await sftp(scene, amy, batch.join('')));
    for (let tries = 0; tries < 200; tries += 1) {
      const { items } = await server.api<{ items: Receipt[] }>(
        'GET',
        '/v1/receipts?path=/outgoing/signed.csv',
      );
      if (items.some(({ signedUpload }) => signedUpload !== undefined)) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    succeeded(t, await sftp(scene, amy, 'get /receipts/*\n'));
    const receipts = receiptsHere(scene).map((name) => receiptAt(scene, name));
    const verified = receipts.find(({ signedUpload }) => signedUpload !== undefined);
    t.match(verified, { path: '/outgoing/signed.csv', signedUpload: { result: 'verified' } });
    t.equal(verified?.signedUpload?.keyFingerprint, verified?.keyFingerprint);
  },
);

t.test('lftp lists and mirrors them', needs('lftp'), async (t) => {
  const scene = await openScene(t);
  const { amy, here, server } = scene;
  makeFile(scene, 'f', 10);
  const connect = `ssh -a -x ${sshOptions(server, amy).join(' ')}`;
  const script = [
    'set net:max-retries 1',
    `set sftp:connect-program '${connect}'`,
    `open sftp://${amy.username}:x@127.0.0.1:${server.sftpPort}`,
    'put f -o /outgoing/f',
    'cls -l /receipts/',
    'mirror /receipts mirrored',
  ];
  writeFileSync(join(here, 'lftp.txt'), `${script.join('\n')}\n`);
  const ran = await run('lftp', ['-f', 'lftp.txt'], { cwd: here });
  succeeded(t, ran);
  t.match(ran.stdout, /\.json\b[^]*\.json\.sig\b[^]*allowed_signers/);
  t.equal(readdirSync(join(here, 'mirrored')).length, 3);
});

t.test('rclone lists and copies them', needs('rclone'), async (t) => {
  const scene = await openScene(t);
  const { amy, here, server } = scene;
  makeFile(scene, 'f', 10);
  const options = [
    'type = sftp',
    'host = 127.0.0.1',
    `port = ${server.sftpPort}`,
    `user = ${amy.username}`,
    `key_file = ${amy.keyFile}`,
    `known_hosts_file = ${server.knownHostsFile}`,
    'shell_type = none',
  ];
  writeFileSync(join(here, 'rclone.conf'), `[w]\n${options.join('\n')}\n`);
  const rclone = (...args: readonly string[]) =>
    run('rclone', ['--config', 'rclone.conf', ...args], { cwd: here });
  succeeded(t, await rclone('copyto', 'f', 'w:/outgoing/f'));
  const listed = await rclone('lsl', 'w:/receipts');
  succeeded(t, listed);
  t.equal(listed.stdout.trim().split('\n').length, 3);
  succeeded(t, await rclone('copy', 'w:/receipts', 'copied'));
  t.equal(readdirSync(join(here, 'copied')).length, 3);
  t.not((await rclone('copyto', 'f', 'w:/receipts/f')).status, 0);
});

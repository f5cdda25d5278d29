import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { runCli } from '../../cli/program.ts';
import { fakeApi } from './fixtures/fake-api.ts';
import { now, waybill } from './fixtures/run.ts';

const totp = '/v1/users/amy/totp';
const enrolment = {
  username: 'amy',
  secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  uri: 'otpauth://totp/Waybill:amy?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  qrCodePng: Buffer.from('a picture').toString('base64'),
};
const recoveryCodes = ['aaaaaa-bbbbbb-cccccc-dddddd', 'eeeeee-ffffff-gggggg-hhhhhh'];

void t.test('a secret is shown as a QR code, and to be typed', async (t) => {
  const api = await fakeApi({ [`PUT ${totp}`]: { json: enrolment } });
  t.teardown(() => api.close());
  const { env } = api;
  const shown = await waybill(['user', 'totp', 'enrol', 'amy'], { env });
  t.equal(shown.status, 0, shown.err);
  t.match(shown.out, /█▀▀▀▀▀█/);
  t.match(shown.out, enrolment.secret);
  t.match(shown.out, 'waybill user totp confirm amy');
  t.match(await waybill(['user', 'totp', 'enrol', 'amy', '--json'], { env }), {
    out: /"secret": "GEZD/,
  });

  const out: Buffer[] = [];
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  stdout.on('data', (chunk: Buffer) => out.push(chunk));
  const parts = {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr: new PassThrough(),
    nowMs: () => now,
  };
  t.equal(await runCli(['user', 'totp', 'enrol', 'amy'], parts), 0);
  t.match(Buffer.concat(out).toString(), '\u001b[47m\u001b[30m', 'black on white on a terminal');

  const png = join(t.testdir(), 'amy.png');
  t.match(await waybill(['user', 'totp', 'enrol', 'amy', '--png', png], { env }), { status: 0 });
  t.equal(readFileSync(png, 'utf8'), 'a picture');
  t.equal(statSync(png).mode & 0o777, 0o600, 'for its owner alone');
  t.match(await waybill(['user', 'totp', 'enrol', 'amy', '--png', png], { env }), {
    status: 1,
    out: new RegExp(enrolment.secret),
    err: /cannot write/,
  });
});

void t.test('confirm, recovery codes, list, remove', async (t) => {
  const api = await fakeApi({
    [`POST ${totp}/confirmation`]: { json: { recoveryCodes } },
    [`POST ${totp}/recovery-codes`]: { json: { recoveryCodes } },
    [`DELETE ${totp}`]: { status: 204 },
    'GET /v1/second-factors?limit=500': {
      json: {
        items: [
          { username: 'amy', agency: 'alameda', state: 'confirmed', askedFor: true, lastUsedAt: null, driftSteps: -1, recoveryCodesLeft: 9, blocked: false },
          { username: 'ken', agency: 'kern', state: 'none', askedFor: false, lastUsedAt: null, driftSteps: 0, recoveryCodesLeft: 0, blocked: false },
        ],
        nextCursor: null,
      },
    },
    'GET /v1/second-factors?state=pending&limit=500': { json: { items: [], nextCursor: null } },
  }); // prettier-ignore
  t.teardown(() => api.close());
  const { env } = api;
  const confirmed = await waybill(['user', 'totp', 'confirm', 'amy', '123456'], { env });
  t.match(confirmed, { status: 0, out: /^Recovery codes of amy[^]*aaaaaa-bbbbbb/ });
  t.same(api.seen.at(-1)?.body, { code: '123456' });
  t.match(await waybill(['user', 'totp', 'recovery-codes', 'amy'], { env }), { out: /eeeeee-/ });
  const json = await waybill(['user', 'totp', 'recovery-codes', 'amy', '--json'], { env });
  t.same(JSON.parse(json.out), { recoveryCodes });
  t.match(await waybill(['user', 'totp', 'list'], { env }), {
    out: /amy +alameda +confirmed +yes +never +-30 s +9\nken +kern +none +no /,
  });
  t.match(await waybill(['user', 'totp', 'list', '--state', 'pending'], { env }), {
    err: /no such users/,
  });
  t.match(await waybill(['user', 'totp', 'remove', 'amy'], { env, typed: ['n\n'] }), { status: 1 });
  t.match(await waybill(['user', 'totp', 'remove', 'amy', '-y'], { env }), {
    status: 0,
    err: /removed the one-time codes of amy/,
  });
});

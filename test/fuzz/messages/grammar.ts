import { wireString } from '../../../server/domain/wire-string.ts';
import type { Random } from '../../fault/fixtures/random.ts';
import {
  channelOpen,
  channelRequest,
  loginRequest,
  serviceRequest,
  uint32,
} from '../../connection/harness.ts';
import { clientKey, signedRequest } from './credentials.ts';
import { isBeforeLogin, type State } from './states.ts';

const edges = [0, 1, 2, 1024, 32_768, 35_000, 2 ** 21, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const words = [
  '',
  'sftp',
  'session',
  'none',
  'alice',
  'bob',
  'root',
  'ssh-userauth',
  'ssh-connection',
  'good',
  '\0',
  'é'.repeat(40),
  'x'.repeat(1025),
  '__proto__',
];

/** A message as a client might send it in earnest, by its number. */
export function plainMessage(type: number): Buffer {
  switch (type) {
    case 1:
      return Buffer.concat([Buffer.of(1), uint32(11), wireString(''), wireString('')]);
    case 2:
      return Buffer.concat([Buffer.of(2), wireString('ignored')]);
    case 3:
      return Buffer.concat([Buffer.of(3), uint32(1)]);
    case 4:
      return Buffer.concat([Buffer.of(4, 1), wireString('debug'), wireString('')]);
    case 5:
      return serviceRequest();
    case 7:
      return Buffer.concat([
        Buffer.of(7),
        uint32(1),
        wireString('ext-info-in-auth'),
        wireString(''),
      ]);
    case 50:
      return loginRequest('alice', 'password', Buffer.of(0), wireString('bad'));
    case 80:
      return Buffer.concat([Buffer.of(80), wireString('keepalive@openssh.com'), Buffer.of(1)]);
    case 90:
      return channelOpen('session', 7, 2 ** 21, 32_768);
    case 93:
      return Buffer.concat([Buffer.of(93), uint32(0, 1000)]);
    case 94:
      return Buffer.concat([Buffer.of(94), uint32(0), wireString('data')]);
    case 95:
      return Buffer.concat([Buffer.of(95), uint32(0, 1), wireString('data')]);
    case 98:
      return channelRequest(0, 'env', true, wireString('A'), wireString('b'));
    case 96:
    case 97:
    case 99:
    case 100:
      return Buffer.concat([Buffer.of(type), uint32(0)]);
    default:
      return Buffer.of(type);
  }
}

/** What does not end the connection by its number alone, by how far it has come. */
const beforeLogin = [50, 50, 50, 50, 50, 50, 50, 50, 2, 4, 7, 3];
const afterLogin = [
  2, 3, 7, 50, 80, 80, 81, 82, 90, 90, 90, 93, 93, 94, 94, 94, 95, 96, 97, 98, 98, 98, 98, 99, 100,
];

/** One message of a hostile client. `sessionId` is that of the connection that it goes to. */
export function hostileMessage(random: Random, state: State, sessionId: Buffer): Buffer {
  const kind = random.int(48);
  if (kind === 0) return Buffer.concat([Buffer.of(random.int(256)), noise(random)]);
  if (kind === 1) return plainMessage(random.int(256));
  if (kind === 2 && state === 'keys') return serviceRequest();
  const type = random.pick(isBeforeLogin(state) ? beforeLogin : afterLogin);
  const message = structured(random, kind === 3 ? random.pick([5, 20, 30, 52]) : type, sessionId);
  return kind > 42 ? spoil(random, message) : message;
}

function structured(random: Random, type: number, sessionId: Buffer): Buffer {
  const word = () => wireString(random.pick(words));
  const number = () => uint32(random.int(3) > 0 ? random.int(12) : random.pick(edges));
  switch (type) {
    case 50:
      return login(random, sessionId);
    case 5:
      return Buffer.concat([Buffer.of(5), random.int(3) > 0 ? wireString('ssh-userauth') : word()]);
    case 7: {
      const count = random.int(4);
      const pairs = Array.from({ length: 2 * count }, word);
      return Buffer.concat([Buffer.of(7), random.int(4) > 0 ? uint32(count) : number(), ...pairs]);
    }
    case 80:
      return Buffer.concat([
        Buffer.of(80),
        wireString(
          random.pick([
            'no-more-sessions@openssh.com',
            'tcpip-forward',
            'cancel-tcpip-forward',
            'streamlocal-forward@openssh.com',
            'hostkeys-prove-00@openssh.com',
            'x',
            '',
          ]),
        ),
        Buffer.of(random.int(3)),
        random.int(2) === 0 ? Buffer.concat([word(), number()]) : Buffer.alloc(0),
      ]);
    case 90:
      return Buffer.concat([
        Buffer.of(90),
        wireString(
          random.pick([
            'session',
            'session',
            'session',
            'direct-tcpip',
            'x11',
            'forwarded-tcpip',
            'auth-agent@openssh.com',
            '',
          ]),
        ),
        number(),
        uint32(random.pick(edges)),
        uint32(random.pick([32_768, 32_768, ...edges])),
      ]);
    case 94:
      return Buffer.concat([
        Buffer.of(94),
        number(),
        wireString(Buffer.alloc(random.pick([0, 1, 9, 300, 32_768, 33_000, 33_793, 35_000]))),
      ]);
    case 98:
      return Buffer.concat([
        Buffer.of(98),
        number(),
        wireString(
          random.pick([
            'subsystem',
            'subsystem',
            'exec',
            'shell',
            'env',
            'pty-req',
            'signal',
            'window-change',
            'exit-status',
            'x11-req',
            'auth-agent-req@openssh.com',
            'winadj@putty.projects.tartarus.org',
            '',
          ]),
        ),
        Buffer.of(random.int(2)),
        random.int(2) === 0 ? wireString('sftp') : word(),
        random.int(3) === 0 ? word() : Buffer.alloc(0),
      ]);
    default:
      return Buffer.concat([
        Buffer.of(type),
        ...Array.from({ length: random.int(5) }, () => (random.int(2) === 0 ? number() : word())),
      ]);
  }
}

function login(random: Random, sessionId: Buffer): Buffer {
  const user = random.int(12) > 0 ? 'alice' : random.pick(['bob', '', 'alice\0', 'x'.repeat(1025)]);
  switch (random.int(10)) {
    case 0:
      return loginRequest(user, 'none');
    case 1:
      return loginRequest(
        user,
        'password',
        Buffer.of(random.int(2)),
        wireString(random.pick(['good', 'bad', '', 'good\0', 'x'.repeat(2000)])),
      );
    case 2:
      return loginRequest(
        user,
        'password',
        Buffer.of(0),
        wireString(random.pick(['bad', 'Good', 'good '])),
      );
    case 3:
    case 4:
      return loginRequest(
        user,
        'publickey',
        Buffer.of(0),
        wireString(random.pick(['ssh-ed25519', 'ssh-rsa', 'rsa-sha2-512', ''])),
        wireString(clientKey.blob),
      );
    case 5:
    case 6:
      return signedRequest(
        user,
        random.int(3) > 0 ? sessionId : Buffer.alloc(32, 1),
        random.int(3) > 0 ? user : 'alice',
      );
    case 7: {
      const signed = signedRequest(user, sessionId, user);
      signed[signed.length - 1 - random.int(100)]! ^= 1 << random.int(8);
      return signed;
    }
    case 8:
      return loginRequest(
        user,
        random.pick(['keyboard-interactive', 'hostbased', 'gssapi-with-mic', '', 'x'.repeat(300)]),
        wireString(''),
        wireString(''),
      );
    default:
      return Buffer.concat([
        Buffer.of(50),
        wireString(user),
        wireString(random.pick(['ssh-connection', 'ssh-userauth', ''])),
        wireString('password'),
        Buffer.of(0),
        wireString('good'),
      ]);
  }
}

function spoil(random: Random, message: Buffer): Buffer {
  const bytes = Buffer.from(message);
  const at = random.int(bytes.length);
  switch (random.int(4)) {
    case 0:
      bytes[at]! ^= 1 << random.int(8);
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes, noise(random)]);
    default:
      if (at + 4 <= bytes.length) bytes.writeUInt32BE(random.pick(edges), at);
      return bytes;
  }
}

function noise(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.int(60) }, () => random.int(256)));
}

/** A packet in the open (RFC 4253 section 6), before the first keys. */
export function framed(payload: Buffer): Buffer {
  const padding = 4 + ((8 - ((payload.length + 9) % 8)) % 8);
  const packet = Buffer.alloc(5 + payload.length + padding);
  packet.writeUInt32BE(1 + payload.length + padding, 0);
  packet[4] = padding;
  payload.copy(packet, 5);
  return packet;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { wireStrings } from '../accounts/fixtures/keys.ts';
import { wireSignature, type DeviceKey } from '../authentication/fixtures/certificates.ts';
import type { HardwareMarks } from '../../server/domain/wire-signature.ts';
import type { LiveUser } from '../fixtures/live-server.ts';
import type { Scene } from './story.ts';

const failure = 5;
const requestIdentities = 11;
const identitiesAnswer = 12;
const signRequest = 13;
const signResponse = 14;

/** A user whose key is in a security device that this test plays. */
export type DeviceHolder = LiveUser & {
  /** In place of the options that the client would go by. */
  readonly options: readonly string[];
  /** What the device says with each signature from now on. */
  marks: HardwareMarks;
};

/**
 * An agent that holds one key as a device would: OpenSSH's client asks it to sign, and takes flags and counter as they come
 * (draft-miller-ssh-agent; its PROTOCOL.u2f). So a stock client logs in with `sk-` keys where no device is.
 */
export async function holdDevice(
  t: Test,
  scene: Scene,
  user: LiveUser,
  key: DeviceKey,
): Promise<DeviceHolder> {
  const keyFile = join(scene.here, `${user.username}-device`);
  writeFileSync(`${keyFile}.pub`, `${key.line}\n`);
  // Not beside the other files: the path of a socket has 107 bytes.
  const directory = mkdtempSync(join(tmpdir(), 'agent-'));
  const path = join(directory, 'socket');
  const holder: DeviceHolder = {
    ...user,
    keyFile,
    options: ['-o', `IdentityAgent=${path}`],
    marks: { flags: 1, counter: 1 },
  };
  const sockets = new Set<Socket>();
  const agent = createServer((socket) => {
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
        const end = 4 + waiting.readUInt32BE(0);
        socket.write(wireStrings(answerTo(waiting.subarray(4, end), key, holder.marks)));
        waiting = waiting.subarray(end);
      }
    });
  });
  await new Promise<void>((resolve) => agent.listen(path, resolve));
  t.teardown(() => {
    agent.close();
    for (const socket of sockets) socket.destroy();
    rmSync(directory, { recursive: true, force: true });
  });
  return holder;
}

function answerTo(message: Buffer, key: DeviceKey, marks: HardwareMarks): Buffer {
  if (message[0] === requestIdentities)
    return Buffer.concat([
      Buffer.of(identitiesAnswer, 0, 0, 0, 1),
      wireStrings(key.blob, 'device'),
    ]);
  if (message[0] !== signRequest) return Buffer.of(failure);
  const blobEnd = 5 + message.readUInt32BE(1);
  const data = message.subarray(blobEnd + 4, blobEnd + 4 + message.readUInt32BE(blobEnd));
  const signature = wireSignature(key, data, key.type, marks);
  return Buffer.concat([Buffer.of(signResponse), wireStrings(signature)]);
}

import type { SftpChannel } from '../../server/connection/peer.ts';
import { uint32 } from './harness.ts';
import { wireString } from '../../server/domain/wire-string.ts';

/**
 * Just enough SFTP v3 for real clients to believe that they are connected, to put a file into nothing and to get
 * `zeros`, a file of 8 MiB: this station is about the connection, not about files.
 */
export const zerosBytes = 8 * 1024 * 1024;

export function miniSftp(channel: SftpChannel): void {
  const { stream } = channel;
  let rest = Buffer.alloc(0);
  let listed = false;
  stream.on('drain', () => stream.resume());
  stream.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
      const end = 4 + rest.readUInt32BE(0);
      const message = rest.subarray(4, end);
      const listing = message[0] === 12 && !listed;
      listed = message[0] === 12;
      const reply = listing ? names(message.subarray(1, 5)) : answer(message);
      rest = rest.subarray(end);
      if (!stream.write(Buffer.concat([uint32(reply.length), reply]))) stream.pause();
    }
  });
  stream.on('end', () => channel.finish());
}

function answer(message: Buffer): Buffer {
  const id = message.subarray(1, 5);
  switch (message[0] ?? 0) {
    case 1: // INIT
      return Buffer.concat([Buffer.of(2), uint32(3)]);
    case 3: // OPEN
    case 11: // OPENDIR
      return Buffer.concat([Buffer.of(102), id, wireString('h')]);
    case 4: // CLOSE
    case 6: // WRITE
    case 9: // SETSTAT
    case 10: // FSETSTAT
      return status(id, 0);
    case 5: // READ
      return read(id, message);
    case 8: // FSTAT
      return attributes(id, zerosBytes);
    case 7: // LSTAT
    case 17: // STAT
      return message.subarray(9).toString().endsWith('zeros')
        ? attributes(id, zerosBytes)
        : message.subarray(9).toString() === '/'
          ? Buffer.concat([Buffer.of(105), id, uint32(4, 0o40755)])
          : status(id, 2);
    case 12: // READDIR, the second time
      return status(id, 1);
    case 16: // REALPATH
      return Buffer.concat([
        Buffer.of(104),
        id,
        uint32(1),
        wireString(message.readUInt32BE(5) <= 1 ? '/' : message.subarray(9).toString()),
        wireString('/'),
        uint32(0),
      ]);
    default:
      return status(id, 8);
  }
}

function names(id: Buffer): Buffer {
  return Buffer.concat([
    Buffer.of(104),
    id,
    uint32(1),
    wireString('zeros'),
    wireString('-rw-r--r-- zeros'),
    attributes(id, zerosBytes).subarray(5),
  ]);
}

function status(id: Buffer, code: number): Buffer {
  return Buffer.concat([Buffer.of(101), id, uint32(code), wireString('status'), wireString('')]);
}

function attributes(id: Buffer, size: number): Buffer {
  return Buffer.concat([Buffer.of(105), id, uint32(5, 0, size, 0o100644)]);
}

function read(id: Buffer, message: Buffer): Buffer {
  const offset = message.readUInt32BE(14);
  const bytes = Math.min(message.readUInt32BE(18), zerosBytes - offset);
  return bytes <= 0
    ? status(id, 1)
    : Buffer.concat([Buffer.of(103), id, wireString(Buffer.alloc(bytes))]);
}

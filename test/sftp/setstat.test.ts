import t from 'tap';
import { packet } from '../../server/sftp/protocol.ts';
import { openExchange } from '../fixtures/exchange.ts';

const WRITE = 2;
const CREAT = 8;
const TRUNC = 16;

// `cp -p report /mnt/outgoing/` onto an sshfs mount lost its times: sshfs sets them by the path, with SETSTAT, while the
// file is still open. There was only the unfinished upload under that name, which has no times to set, so the published
// file showed the time of its CLOSE. A size set that way (`truncate` of an open file) was refused as a second writer.
t.test('SETSTAT of a file that the same channel is sending is part of the upload', async (t) => {
  const exchange = await openExchange(t);
  const amy = await exchange.connect({ username: 'amy', agency: 'alameda' });
  const at = 1_300_000_000;
  for (const [name, before] of [
    ['/outgoing/new', null],
    ['/outgoing/old', 'a longer content from before'],
  ] as const) {
    if (before !== null) await amy.put(name, Buffer.from(before));
    const handle = await amy.open(name, WRITE | CREAT | TRUNC);
    await amy.write(handle, 0, Buffer.from('content'));
    await amy.ok(
      amy.request(packet.SETSTAT, (writer) => writer.string(name).u32(8).u32(at).u32(at)),
    );
    await amy.ok(amy.request(packet.SETSTAT, (writer) => writer.string(name).u32(4).u32(0o604)));
    await amy.ok(amy.request(packet.SETSTAT, (writer) => writer.string(name).u32(1).u64(4)));
    t.match(
      await amy.stat(name),
      { size: 4, modifiedAt: at, mode: 0o100604 },
      'shown while it is open',
    );
    await amy.close(handle);
    t.match(
      await amy.stat(name),
      { size: 4, modifiedAt: at, mode: 0o100604 },
      'kept when it is published',
    );
    t.equal((await amy.get(name)).toString(), 'cont');
  }
});

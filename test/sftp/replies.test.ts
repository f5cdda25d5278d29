import t from 'tap';
import { OwnerIds } from '../../server/sftp/owner-ids.ts';
import { encodeReply } from '../../server/sftp/replies.ts';

t.test('the data of a READ follows its head, uncopied', (t) => {
  const block = Buffer.allocUnsafeSlow(65_536).fill(5);
  const data = block.subarray(0, 32_768);
  const pieces = encodeReply(7, { kind: 'data', data }, new OwnerIds());
  t.equal(pieces.at(-1)?.buffer, block.buffer);
  t.same(
    Buffer.concat(pieces),
    Buffer.concat([Buffer.from('00008009670000000700008000', 'hex'), data]),
  );
  t.end();
});

// A client read one byte of each block and took no reply: 14 bytes were on its account for each, and 64 KiB in memory.
t.test('a small part of a block does not keep the block', (t) => {
  const block = Buffer.allocUnsafeSlow(65_536).fill(5);
  const [piece, ...others] = encodeReply(
    7,
    { kind: 'data', data: block.subarray(9, 10) },
    new OwnerIds(),
  );
  t.same(others, []);
  t.not(piece?.buffer, block.buffer);
  t.equal(piece?.toString('hex'), '0000000a67000000070000000105');
  t.end();
});

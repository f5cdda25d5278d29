import t from 'tap';
import { ProcessMemory } from '../../server/memory/budget.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const few = {
  processMemoryBytesMax: 64 * MiB,
  sessionMemoryBytesMax: 16 * MiB,
  channelMemoryBytesMin: MiB,
  writtenRangesMax: 10,
};

t.test('a minimum is set aside when the channel opens, and what is beyond it counts once', (t) => {
  const memory = new ProcessMemory(few);
  const session = memory.session();
  const channel = session.channel();
  t.equal(memory.bytes, MiB);
  channel.charge(MiB / 2);
  t.equal(memory.bytes, MiB, 'within the minimum');
  channel.charge(MiB);
  t.equal(memory.bytes, 1.5 * MiB);
  channel.close();
  t.equal(memory.bytes, 1.5 * MiB, 'what is held still counts');
  channel.release(1.5 * MiB);
  channel.close();
  t.equal(memory.bytes, 0);
  t.end();
});

t.test('a session stops at its own limit', (t) => {
  const memory = new ProcessMemory({ ...few, processMemoryBytesMax: 1024 * MiB });
  const channel = memory.session().channel();
  let held = 0;
  for (; channel.room >= MiB; held += MiB) channel.charge(MiB);
  t.equal(held, 16 * MiB);
  t.notOk(channel.isOver);
  channel.charge(1);
  t.ok(channel.isOver);
  t.end();
});

t.test('a crowd of greedy sessions leaves the next one its minimum and a fair part', (t) => {
  const memory = new ProcessMemory(few);
  const greedy = Array.from({ length: 32 }, () => memory.session().channel());
  // Round after round, as all of them would: nobody gets what is left by being first.
  for (let round = 0; round < 1000; round += 1)
    for (const each of greedy) if (each.room >= 64 * KiB) each.charge(64 * KiB);
  const sizes = greedy.map(({ bytes }) => bytes);
  t.ok(memory.free > 4 * MiB, `${memory.free} bytes are left`);
  const late = memory.session().channel();
  t.ok(late.room >= MiB, 'its minimum');
  late.charge(MiB);
  t.ok(late.room > 0 && !late.isOver, 'and more');
  t.ok(Math.max(...sizes) <= 2 * Math.min(...sizes), 'about the same each');
  t.ok(memory.isShort);
  t.end();
});

t.test('who took much while there was plenty is over its share when others come', (t) => {
  const memory = new ProcessMemory(few);
  const first = memory.session().channel();
  first.charge(7 * MiB);
  t.notOk(first.isOver);
  const others = Array.from({ length: 30 }, () => memory.session().channel());
  t.ok(first.isOver);
  t.equal(first.room, 0);
  for (const other of others) t.ok(other.room >= MiB);
  first.release(6 * MiB);
  t.notOk(first.isOver);
  t.end();
});

t.test('a channel is refused only when not even its minimum can be had', (t) => {
  const memory = new ProcessMemory(few);
  const sessions = Array.from({ length: 64 }, () => memory.session().channel());
  const next = memory.session();
  t.throws(() => next.channel(), { code: 'memory-short' });
  t.equal(memory.free, 0, 'a refusal leaves nothing behind');
  for (const each of sessions) t.equal(each.room, MiB, 'and takes nothing from the others');
  sessions[0]!.close();
  t.ok(next.channel());
  t.end();
});

t.test('separate ranges are counted over all uploads of a session', (t) => {
  const session = new ProcessMemory(few).session();
  const [one, two] = [session.channel(), session.channel()];
  one.scatter(6);
  t.ok(two.mayScatter);
  two.scatter(4);
  t.notOk(one.mayScatter);
  one.scatter(-1);
  t.ok(two.mayScatter);
  t.end();
});

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

t.test('a first channel counts with what it holds, whatever the minimum is', (t) => {
  const memory = new ProcessMemory(few);
  const session = memory.session();
  const channel = session.channel();
  t.equal(memory.bytes, 0, 'it is idle');
  channel.charge(MiB / 2);
  t.equal(memory.bytes, MiB / 2);
  channel.charge(MiB);
  t.equal(memory.bytes, 1.5 * MiB);
  channel.close();
  t.equal(memory.bytes, 1.5 * MiB, 'what is held still counts');
  channel.release(1.5 * MiB);
  channel.close();
  t.equal(memory.bytes, 0);
  t.end();
});

t.test('a further channel has its minimum set aside, and what is beyond it counts once', (t) => {
  const memory = new ProcessMemory(few);
  const session = memory.session();
  session.channel();
  const channel = session.channel();
  t.equal(memory.bytes, MiB);
  channel.charge(MiB / 2);
  t.equal(memory.bytes, MiB, 'within the minimum');
  channel.charge(MiB);
  t.equal(memory.bytes, 1.5 * MiB);
  channel.close();
  channel.release(1.5 * MiB);
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
  for (const other of others) other.charge(MiB);
  t.ok(first.isOver);
  t.equal(first.room, 0);
  for (const other of others) t.notOk(other.isOver);
  first.release(6 * MiB);
  t.notOk(first.isOver);
  t.end();
});

// Each idle channel took 384 KiB of the budget: 68 connections of ten left a process of 256 MiB short of memory for
// everybody, and 10,000 sessions were not to be had.
t.test(
  'any number of sessions may be idle, and their channels leave the others their share',
  (t) => {
    const memory = new ProcessMemory(few);
    const sessions = Array.from({ length: 10_000 }, () => memory.session());
    const firsts = sessions.map((session) => session.channel());
    t.equal(memory.free, few.processMemoryBytesMax);
    let further = 0;
    for (const session of sessions.slice(0, 100)) {
      for (let channel = 1; channel < 10; channel += 1) {
        try {
          session.channel();
          further += 1;
        } catch (error) {
          t.match(error, { code: 'memory-short' });
        }
      }
    }
    t.ok(further >= 9, `${further} further channels`);
    t.ok(memory.free >= few.processMemoryBytesMax / 4 - MiB, `${memory.free} bytes are free`);
    const late = firsts.at(-1)!;
    late.charge(2 * MiB);
    t.notOk(late.isOver, 'more than its minimum is there for who works');
    t.ok(memory.session().channel().room > MiB, 'and for who comes');
    t.end();
  },
);

t.test('a session may always have one channel, and the next first one after it', (t) => {
  const memory = new ProcessMemory(few);
  const greedy = memory.session().channel();
  greedy.charge(2 * few.processMemoryBytesMax);
  const session = memory.session();
  const first = session.channel();
  t.equal(first.room, MiB);
  first.charge(MiB);
  t.notOk(first.isOver, 'its right');
  t.throws(() => session.channel(), { code: 'memory-short' });
  first.close();
  t.ok(session.channel());
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

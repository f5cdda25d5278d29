import type { Random } from '../../fault/fixtures/random.ts';
import { init, mutate, opening, request, type Message } from './grammar.ts';
import type { Script, Step } from './script.ts';

/** Every so many scripts one meets the real files and database. */
const realEvery = 150;
const groupsMax = 20;
const groupMessagesMax = 14;

/** The requests of one client on two channels, in groups that are sent without waiting. */
export function generate(random: Random, index: number): Script {
  const backing = index % realEvery === 7 ? 'real' : random.int(8) === 0 ? 'slow' : 'memory';
  const steps: Step[] = [];
  const manners = random.pick([0, 0, 8, 25]);
  if (random.int(20) === 0) {
    const channel = random.int(2);
    steps.push({ kind: 'bare', channel }, send(random, channel, oddGreeting(random)));
  }
  let id = random.pick([0, 1, 2 ** 31 - 2, 2 ** 32 - 1000]);
  for (let left = 1 + random.int(groupsMax); left > 0; left -= 1) {
    const channel = random.int(4) === 0 ? 1 : 0;
    const isFresh =
      steps.findLast((step) => 'channel' in step && step.channel === channel)?.kind !== 'send';
    if (isFresh && random.int(4) > 0) {
      // Something to work on, before what is meant to break it.
      for (let count = 1 + random.int(4); count > 0; count -= 1)
        steps.push(send(random, channel, opening(random, (id += 1))));
      steps.push({ kind: 'settle' });
    }
    for (let count = 1 + random.int(groupMessagesMax); count > 0; count -= 1) {
      const message = request(random, channel, id);
      // The same id again is the client's own affair.
      if (random.int(50) > 0) id += 1;
      const wrong = random.int(100) < manners;
      steps.push(
        send(
          random,
          channel,
          wrong ? mutate(message, request(random, channel, id), random) : message,
        ),
      );
    }
    steps.push(...afterGroup(random, channel, manners));
  }
  return { backing, steps };
}

function afterGroup(random: Random, channel: number, manners: number): Step[] {
  const what = random.int(60);
  if (what === 0) return [{ kind: 'drop', channel }];
  if (what < 3) return [{ kind: 'settle' }, { kind: 'revoke', channel }];
  if (what === 3) return [{ kind: 'end', channel }, { kind: 'settle' }];
  // After a lie about a length everything behind it would be taken for its data.
  if (manners > 0 && what < 20)
    return [{ kind: 'settle' }, { kind: 'end', channel }, { kind: 'settle' }];
  return what < 55 ? [{ kind: 'settle' }] : [];
}

function oddGreeting(random: Random): Message {
  const message = init(random.pick([0, 2, 3, 6, 2 ** 32 - 1]));
  return random.int(2) === 0 ? message : mutate(message, request(random, 0, 7), random);
}

function send(random: Random, channel: number, { bytes, refs }: Message): Step {
  const cuts: number[] = [];
  if (random.int(8) === 0 && bytes.length > 1) {
    for (let left = 1 + random.int(6); left > 0; left -= 1)
      cuts.push(1 + random.int(bytes.length - 1));
    cuts.sort((a, b) => a - b);
  }
  return { kind: 'send', channel, bytes, refs, cuts };
}

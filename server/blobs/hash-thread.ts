import { createHash, type Hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import type { HashAnswer, HashQuestion } from './hash-lane.ts';

/** What runs in the thread of a `HashLane`: it is lent bytes and gives them back when it has looked at them. It holds no key. */
const hashes = new Map<number, Hash>();

function answer({ stream, question }: HashQuestion): HashAnswer {
  if (question.kind === 'update') {
    const hash = hashes.get(stream) ?? createHash('sha256');
    hashes.set(stream, hash);
    for (const { bytes, length } of question.parts) hash.update(new Uint8Array(bytes, 0, length));
    return { digest: null, parts: question.parts };
  }
  const digest = question.kind === 'digest' ? hashes.get(stream)?.digest('hex') : undefined;
  hashes.delete(stream);
  return { digest: digest ?? null, parts: [] };
}

const port = parentPort;
port?.on('message', (asked: HashQuestion) => {
  const given = answer(asked);
  port.postMessage(
    given,
    given.parts.map(({ bytes }) => bytes),
  );
});

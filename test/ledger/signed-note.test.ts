import t from 'tap';
import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { checkpointText, parseCheckpoint } from '../../server/ledger/checkpoint-note.ts';
import { noteLines, piecesOf } from '../../server/ledger/note-file.ts';
import {
  isSignedBy,
  parseNote,
  parseVerifierKey,
  rawPublicKey,
  signedNote,
  verifierKey,
} from '../../server/ledger/signed-note.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const origin = 'waybill/0123456789abcdef0123456789abcdef';
const keyLine = verifierKey(origin, rawPublicKey(publicKey));
const noted = (text: string) =>
  signedNote(text, keyLine, sign(null, Buffer.from(text), privateKey));

// The note and the key of the documentation of Go's golang.org/x/mod/sumdb/note.
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const saying = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

t.test('a note that another program signed is taken, and a changed one is not', (t) => {
  const verifier = parseVerifierKey(peter)!;
  t.equal(verifier.name, 'PeterNeumann');
  t.ok(isSignedBy(parseNote(saying)!, verifier));
  t.notOk(isSignedBy(parseNote(saying.replace('answer', 'Answer'))!, verifier));
  t.notOk(isSignedBy(parseNote(saying)!, parseVerifierKey(keyLine)!));
  t.equal(parseVerifierKey(peter.replace('c74f', 'c74e')), null);
  t.equal(parseVerifierKey(peter.replace('PeterN', 'PeterM')), null);
  t.equal(verifierKey('PeterNeumann', rawPublicKey(verifier.publicKey)), peter);
  t.end();
});

t.test('no note with another byte has a good signature', (t) => {
  const note = noted('one\ntwo\n');
  const verifier = parseVerifierKey(keyLine)!;
  t.ok(isSignedBy(parseNote(note)!, verifier));
  const bytes = Buffer.from(note);
  for (let at = 0; at < bytes.length; at += 1) {
    const other = Buffer.from(bytes);
    other[at]! ^= 1;
    const parsed = parseNote(other.toString('utf8'));
    t.notOk(parsed !== null && isSignedBy(parsed, verifier), `byte ${at}`);
  }
  for (const text of ['', '\n', 'x', 'x\n', 'x\n\n', `x\n\n\u2014 n AAAA\n`, note.slice(0, -1)])
    t.equal(parseNote(text), null, JSON.stringify(text));
  t.end();
});

const checkpoints = fc.record({
  origin: fc.constant(origin),
  size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  root: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  atMs: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
  previous: fc.option(
    fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .filter((bytes) => bytes.some((byte) => byte > 0))
      .map((bytes) => Buffer.from(bytes)),
  ),
});

t.test('a checkpoint is read as it was written, and in no other form', (t) => {
  fc.assert(
    fc.property(checkpoints, (checkpoint) => {
      const text = checkpointText(checkpoint);
      t.same(parseCheckpoint(noted(text))?.checkpoint, checkpoint);
      for (const other of [
        text.replace(`\n${checkpoint.size}\n`, `\n0${checkpoint.size}\n`),
        text.replace('time ', 'time  '),
        text.replace('Z\n', '+00:00\n'),
        `${text}more\n`,
        text.split('\n').slice(0, 4).join('\n') + '\n',
      ])
        t.equal(parseCheckpoint(noted(other)), null);
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test('a file of notes gives them all, and says what is none', (t) => {
  fc.assert(
    fc.property(fc.array(checkpoints, { maxLength: 5 }), fc.nat(400), (all, cut) => {
      const notes = all.map((each) => noted(checkpointText(each)));
      const whole = Buffer.from(notes.map(noteLines).join(''));
      const found = piecesOf(whole, 7);
      t.same(
        found.map((piece) => (piece.kind === 'note' ? piece.found.note : null)),
        notes,
      );
      // Cut anywhere, what is whole is found, and the rest is one piece to the end.
      const kept = whole.subarray(0, Math.max(0, whole.length - cut));
      const pieces = piecesOf(kept);
      const left = pieces.filter(({ kind }) => kind === 'note');
      t.same(
        left.map((piece) => piece.kind === 'note' && piece.found.note),
        notes.slice(0, left.length),
      );
      t.equal(pieces.at(-1)?.to ?? 0, kept.length);
      t.ok(pieces.length <= left.length + 1);
    }),
    { numRuns: 50 },
  );
  t.end();
});

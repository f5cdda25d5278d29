#!/usr/bin/env node
// Verifies what a Waybill server recorded, without the server or its code. docs/EVIDENCE.md has the formats.
import { createHmac, createPublicKey, hash, verify } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const help = `Verifies the ledger of a Waybill server, with nothing but this file and the server's public key.

  node waybill-verify.mjs EXPORT... --trust KEY [--note NOTE]...    an export, or several in a row
  node waybill-verify.mjs inclusion PROOF --trust KEY               that one row is in the ledger

EXPORT: an export of the ledger (ndjson), or an archive of it that was opened. KEY: the evidence key
(ssh-ed25519 AAAA...), or a file with it or with allowed signers; never one that came with the export.
NOTE: a file of checkpoints that were kept elsewhere and that the ledger has to agree with.
Exit status: 0 all is good, 1 something is not (the first bad row is named), 2 wrong use.`;

/** Ends with what is not as it was recorded. `row`: the first bad one; of a bad checkpoint, its size. */
function check(isGood, row, problem) {
  if (!isGood) throw Object.assign(new Error(problem), { row });
}

const hexForm = /^[0-9a-f]{64}$/;
const zeros = '0'.repeat(64);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const base64 = (hex) => Buffer.from(hex, 'hex').toString('base64');
const pair = Buffer.alloc(65, 1);
/** RFC 6962: SHA-256(0x01 || left || right). Hashes are hex here, which Node.js is fastest with. */
function nodeHash(left, right) {
  pair.write(left, 1, 'hex');
  pair.write(right, 33, 'hex');
  return hash('sha256', pair);
}

let leaf = Buffer.alloc(64 * 1024);
/** SHA-256(0x00 || hash of the row before || seq in 8 bytes || body): the chain, and a leaf of the tree. */
function rowHash(previous, seq, body) {
  if (leaf.length < 41 + body.length * 3) leaf = Buffer.alloc(41 + body.length * 6);
  leaf.write(previous, 1, 'hex');
  leaf.writeUIntBE(seq, 35, 6);
  return hash('sha256', leaf.subarray(0, 41 + leaf.write(body, 41)));
}

/** Adds a leaf to a tree of `size`, of which `peaks` are the whole subtrees, from the left. */
function grow(peaks, size, leafHash) {
  let node = leafHash;
  for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(peaks.pop(), node);
  peaks.push(node);
}

const rootOf = (peaks) =>
  peaks.length === 0 ? zeros : peaks.reduceRight((right, left) => nodeHash(left, right));

/** The root that the path of a row leads to (RFC 9162 section 2.1.3.2). */
function rootOfPath(leafHash, seq, size, path) {
  let [node, at, last] = [leafHash, seq - 1, size - 1];
  for (const text of path) {
    check(last > 0 && hexForm.test(text), seq, 'the path of the row is of another tree');
    const isRight = at % 2 === 1 || at === last;
    node = isRight ? nodeHash(text, node) : nodeHash(node, text);
    if (isRight) for (; at % 2 === 0 && at > 0; at /= 2) last = Math.floor(last / 2);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  check(last === 0, seq, 'the path of the row is of another tree');
  return node;
}

/** The evidence keys in a public key file, or in an `allowed_signers` file with what each is for, and when (UTC). */
export function readTrust(text) {
  const lines = [...text.matchAll(/^([^#\n]*)\bssh-ed25519 ([0-9A-Za-z+/]{68})/gm)];
  const keys = lines.map(([, options, key]) => {
    const value = (name) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(options)?.[1];
    const time = (name) => value(name)?.replace(/\D/g, '').padEnd(17, '0');
    const [from = '', until = '9'] = [time('valid-after'), time('valid-before')];
    const isFor = (purpose) => value('namespaces')?.split(',').includes(purpose) ?? true;
    return { key: Buffer.from(key, 'base64'), from, until, isFor };
  });
  if (keys.length === 0) throw new Error('--trust names no public key (ssh-ed25519 AAAA...)');
  return keys;
}

function isSigned(text, rawKey, signature) {
  const key = { kty: 'OKP', crv: 'Ed25519', x: rawKey.toString('base64url') };
  return verify(null, Buffer.from(text), createPublicKey({ key, format: 'jwk' }), signature);
}

/** The trusted ones that made the SSH signature in a row (OpenSSH's PROTOCOL.sshsig, with SHA-512). */
function signersOf(trust, seq, { at, signature }, namespace, text) {
  const blob = Buffer.from(signature.replace(/-----.*-----|\s/g, ''), 'base64');
  const length = (bytes) => Buffer.of(0, 0, 0, bytes);
  const fields = (...all) => all.flatMap((each) => [length(each.length), Buffer.from(each)]);
  const about = [namespace, '', 'sha512'];
  const told = [Buffer.from('SSHSIG'), ...fields(...about, hash('sha512', text, 'buffer'))];
  const own = trust.filter(({ key }) => {
    const start = [Buffer.from('SSHSIG\0\0\0\x01'), ...fields(key, ...about), length(83)];
    const head = Buffer.concat([...start, ...fields('ssh-ed25519'), length(64)]);
    const isOfKey = blob.subarray(0, -64).equals(head);
    return isOfKey && isSigned(Buffer.concat(told), key.subarray(-32), blob.subarray(-64));
  });
  check(own.length, seq, 'the key in the row is not signed by an evidence key that you trust');
  const when = at.replace(/\D/g, '');
  const isThen = ({ from, until }) => from <= when && when <= until;
  const trusted = own.filter((each) => isThen(each) && each.isFor(namespace));
  check(trusted.length, seq, `you do not trust its evidence key for ${namespace} at ${at}`);
  return trusted;
}

/** The key of checkpoints (a C2SP vkey) that a row announces, once the evidence key has signed for it. */
function learnKey({ trust, origin, keys, epoch: least }, facts, seq) {
  const { publicKey, epoch, cause, follows, previous } = facts;
  check(isCount(epoch), seq, 'the row announces no key');
  const [, name, id, encoded] = /^(\S+?)\+([0-9a-f]{8})\+(\S{44})$/.exec(publicKey) ?? [];
  const typed = Buffer.from(encoded ?? '', 'base64');
  const ownId = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed])).slice(0, 8);
  check(ownId === id && typed[0] === 1 && name === origin, seq, 'the row announces no key of here');
  const known = keys.get(id);
  const isNext = epoch >= least && (known?.publicKey !== publicKey || known.epoch === epoch);
  check(isNext, seq, 'the row announces a key that another has followed');
  // Rows of old, which have no `previous`, signed the line of the key alone.
  const place = `epoch ${epoch}\ncause ${cause}\nfollows ${follows ?? '-'}\nprevious ${previous}\n`;
  const told = `${publicKey}\n${previous === undefined ? '' : place}`;
  signersOf(trust, seq, facts, 'waybill-checkpoint-key', told);
  keys.set(id, { publicKey, epoch, seq, cause, raw: typed.subarray(1) });
}

const noteForm =
  /^((waybill\/[0-9a-f]{32})\n(\d{1,15})\n(\S{44})\ntime (\S+Z)\nprevious (\S{44})\n)\n\u2014 (\S+) (\S+)\n$/;

/** Of the one before, or of none. */
const hashOfNote = (note) => base64(note ? hash('sha256', note.text) : zeros);

/** Reads a checkpoint (a C2SP signed note). */
function readNote(text, row) {
  check(typeof text === 'string', row, 'that is no checkpoint');
  const [, signed, origin, size, root, time, previous, name, encoded] = noteForm.exec(text) ?? [];
  const tagged = Buffer.from(encoded ?? '', 'base64');
  const isExact = tagged.length === 68 && tagged.toString('base64') === encoded;
  check(isExact && name === origin, row, 'that is no checkpoint');
  return { text, signed, origin, size: Number(size), root, time, previous, tagged };
}

/** The announced key that signed a checkpoint. Whoever finds a private key that was left behind is not to go on with it. */
function signerOf({ size, tagged, signed }, { keys, epoch }) {
  const key = keys.get(tagged.toString('hex', 0, 4));
  check(key?.epoch >= epoch, size, 'its key was not announced, or another has followed it');
  check(isSigned(signed, key.raw, tagged.subarray(4)), size, 'the signature is false');
  return key;
}

/** What a row has in place of names. */
const commitmentsIn = (body) => [...body.matchAll(/"name":"([\w-]{43})"/g)].map(([, text]) => text);

/** That a name is the one that a commitment was made of. */
function checkName({ commitment, path, key }, row) {
  const secret = Buffer.from(key, 'base64url');
  const own = createHmac('sha256', secret).update(path).digest('base64url');
  const isGood = own === commitment && secret.toString('base64url') === key;
  check(isGood, row, `the name ${JSON.stringify(path)} is not the one that was recorded`);
}

/** A row that stands alone, in the tree with that root. */
function factsOfProof({ seq, previousHash, hash: told, body, path }, size, root) {
  const own = hexForm.test(previousHash) && rowHash(previousHash, seq, body);
  check(own === told, seq, 'the row was altered');
  check(base64(rootOfPath(own, seq, size, path)) === root, seq, 'the row is not in the ledger');
  const facts = JSON.parse(body);
  check(facts.seq === seq, seq, 'the row was altered');
  return facts;
}

/** What each line of an export has, in this order: two readers of a line are not to see two things in it. */
const members = {
  export: 'type,version,origin,firstSeq,lastSeq,exportedAt,frontier,previousHash,evidenceKeys',
  'key-announcement': 'type,seq,previousHash,hash,body,path',
  name: 'type,commitment,path,key',
  row: 'type,hash,body',
  checkpoint: 'type,note',
  end: 'type,rows,lastCheckpoint',
};

/** A line in the one form that it can have. */
function readLine(text, row) {
  const value = JSON.parse(text);
  const isKnown = typeof value?.type === 'string' && Object.hasOwn(members, value.type);
  const isLine = isKnown && Object.keys(value).join() === members[value.type];
  check(isLine, row, 'that is no line of an export');
  check(JSON.stringify(value) === text, row, 'the line is not written as an export has it');
  return value;
}

/** That rows 1 to here are those of the checkpoint that is held of them, if one is. */
function compareHeld({ held, seq, peaks }) {
  const note = held.get(seq);
  const isSame = !held.delete(seq) || note.root === base64(rootOf(peaks));
  check(isSame, seq, `rows 1 to ${seq} are not those of the checkpoint that you hold`);
}

/** What each line of an export is held against. */
const takers = {
  export: (state, { version, origin, firstSeq, lastSeq, frontier: peaks, previousHash }) => {
    const seq = firstSeq - 1;
    const isTree = [previousHash, ...peaks].every((each) => hexForm.test(each));
    const isWhole = isTree && peaks.length === seq.toString(2).replaceAll('0', '').length;
    const isRange = version === 1 && isCount(firstSeq) && isCount(lastSeq) && seq >= 0;
    check(isRange && isWhole, null, 'that is no export of a ledger (version 1)');
    check(seq > 0 || previousHash === zeros, 1, 'something is before the first row');
    const isNext = state.seq === seq && state.previous === previousHash && state.origin === origin;
    const follows = state.start === undefined || (isNext && rootOf(state.peaks) === rootOf(peaks));
    check(follows, firstSeq, 'the export does not follow the one before it');
    const isOfHere = [...state.held.values()].every((note) => note.origin === origin);
    check(isOfHere, firstSeq, 'a checkpoint that you hold is of another ledger');
    Object.assign(state, { origin, firstSeq, lastSeq, previous: previousHash, peaks, seq });
    state.start ??= firstSeq;
    compareHeld(state);
  },
  /** Of a key that signs in the export, and was announced in a row before it. */
  'key-announcement': (state, value) => {
    check(state.seq < state.firstSeq, state.seq + 1, 'a key is announced behind the first row');
    const facts = factsOfProof(value, state.seq, base64(rootOf(state.peaks)));
    // By a key that may have been replaced since then, in an export before this one.
    learnKey({ ...state, trust: [...state.trusted, ...state.trust] }, facts, value.seq);
  },
  row: (state, { hash: told, body }) => {
    const [seq, trust] = [state.seq + 1, state.trust];
    const own = rowHash(state.previous, seq, body);
    const facts = JSON.parse(body);
    check(own === told && facts.seq === seq, seq, 'the row is missing, or was altered');
    if (facts.at < state.at && state.remarks.length < 100)
      state.remarks.push(`before row ${seq} the clock was set back, ${state.at} to ${facts.at}`);
    if (facts.event === 'checkpoint-key.announced.1') {
      learnKey(state, facts, seq);
      const isKnown = facts.previous !== undefined && (state.note || state.start === 1);
      const isAfter = !isKnown || facts.previous === hashOfNote(state.note);
      check(isAfter, seq, 'the key was announced behind another checkpoint');
    }
    if (facts.event === 'checkpoint.made.1' && facts.size >= state.firstSeq)
      check(state.note?.text === facts.note, facts.size, `row ${seq} tells of another checkpoint`);
    if (facts.event === 'evidence-key.rotated.1') {
      const former = signersOf(trust, seq, facts, 'waybill-evidence-key', facts.publicKey);
      const others = trust.filter((each) => !former.includes(each));
      const isOther = ({ key }) => !others.some((each) => each.key.equals(key));
      state.trust = [...others, ...readTrust(facts.publicKey).filter(isOther)];
    }
    for (const commitment of commitmentsIn(body)) state.named.delete(commitment);
    grow(state.peaks, state.seq, own);
    Object.assign(state, { seq, previous: own, at: facts.at, from: state.from ?? facts.at });
    compareHeld(state);
  },
  name: (state, value) => {
    checkName(value, state.seq + 1);
    state.named.add(value.commitment);
  },
  checkpoint: (state, { note: text }) => {
    const { seq: size, firstSeq, note: last } = state;
    const note = readNote(text, size);
    check(note.size === size, size + 1, `a checkpoint of ${note.size} rows is behind row ${size}`);
    const key = signerOf(note, state);
    const isLinked = note.previous === hashOfNote(last) || (!last && firstSeq > 1);
    check(isLinked, size, `the checkpoint before ${size} is missing, or another`);
    const from = last ? last.size + 1 : firstSeq;
    const isRoot = note.root === base64(rootOf(state.peaks));
    check(isRoot, from, `rows ${from} to ${size} are not those that checkpoint ${size} is of`);
    const isNew = last && key.seq > last.size;
    check(!isNew || key.cause === 'lost', size, `no checkpoint before ${size} covers its key`);
    if (isNew) state.remarks.push(`from checkpoint ${size} on, a key follows one that was lost`);
    Object.assign(state, { note, epoch: key.epoch, checkpoints: state.checkpoints + 1 });
  },
  end: (state, { rows, lastCheckpoint }) => {
    const { seq, firstSeq, lastSeq, note } = state;
    check(seq === lastSeq && rows === seq - firstSeq + 1, seq + 1, 'the row is missing');
    const isCovered = note?.size === seq && lastCheckpoint === seq;
    check(isCovered, (note?.size ?? 0) + 1, 'no checkpoint is of the rows from here to the end');
    check(state.named.size === 0, seq, 'there is a name that no row behind it has');
    state.isEnded = true;
  },
};

/** Walks through exports that follow one another, each lines. @throws Error with `row` and `line` of what is bad */
export function verifyExports(exports, { trust, notes = [] }) {
  const held = new Map(notes.map((text) => [readNote(text, null).size, readNote(text, null)]));
  check(held.size === new Set(notes).size, null, 'you hold two of the same rows that differ');
  const none = { keys: new Map(), named: new Set(), epoch: 0, seq: 0, checkpoints: 0, remarks: [] };
  const state = { trust, trusted: trust, held, ...none };
  for (const lines of exports) {
    let line = 0;
    try {
      state.isEnded = false;
      for (const text of lines) {
        line += 1;
        const value = readLine(text, state.seq + 1);
        const isPlace = (line === 1) === (value.type === 'export') && !state.isEnded;
        check(isPlace, state.seq + 1, 'that line is out of its place');
        takers[value.type](state, value);
      }
      check(state.isEnded, state.seq + 1, 'the export breaks off here');
    } catch (error) {
      // What has not even the right form was altered, too; a file that cannot be read was not.
      if (error.syscall === undefined) error.row ??= state.seq + 1;
      throw Object.assign(error, { line });
    }
  }
  for (const size of held.keys()) {
    check(size < state.start, size, 'that row, of a checkpoint you hold, is not in the export');
    state.remarks.push(`the checkpoint of ${size} rows that you hold is of rows before these`);
  }
  if (notes.length > 0 && held.size === new Set(notes).size)
    throw new Error('each checkpoint that you hold is of rows before these: export more');
  return state;
}

/** Verifies the proof that a row is in the ledger. @throws Error with `row` */
export function verifyInclusion(text, { trust }) {
  try {
    const proof = JSON.parse(text);
    const { seq, names, keyAnnouncement } = proof;
    const isWhole = isCount(seq) && isCount(keyAnnouncement?.seq) && Array.isArray(names);
    const isProof = proof.type === 'inclusion' && proof.version === 1 && isWhole;
    check(isProof, isCount(seq) ? seq : null, 'that is no proof of a row');
    const isExact = [0, 2].some((spaces) => JSON.stringify(proof, null, spaces) === text.trim());
    check(isExact, seq, 'the proof is not written as Waybill has it');
    const note = readNote(proof.checkpoint, seq);
    const state = { trust, origin: note.origin, keys: new Map(), epoch: 0 };
    learnKey(state, factsOfProof(keyAnnouncement, note.size, note.root), keyAnnouncement.seq);
    signerOf(note, state);
    const facts = factsOfProof(proof, note.size, note.root);
    for (const name of names) {
      checkName(name, seq);
      const isOfRow = commitmentsIn(proof.body).includes(name.commitment);
      check(isOfRow, seq, 'there is a name that the row does not have');
    }
    return { facts, note, names };
  } catch (error) {
    if (error.syscall !== undefined) throw error;
    throw Object.assign(error, { row: error.row ?? null });
  }
}

const lineBytesMax = 16 * 1024 * 1024;
/** The lines of a file of any size, and the checkpoints in a file of them. */
export function* linesOf(file) {
  const [descriptor, chunk] = [openSync(file), Buffer.alloc(1024 * 1024)];
  let rest = Buffer.alloc(0);
  for (let bytes; (bytes = readSync(descriptor, chunk)) > 0;) {
    rest = Buffer.concat([rest, chunk.subarray(0, bytes)]);
    for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1))
      yield isUtf8(rest.subarray(0, end)) ? rest.toString('utf8', 0, end) : '';
    if (rest.length > lineBytesMax) break;
  }
  closeSync(descriptor);
  if (rest.length > 0) yield '';
}
/** Half a note that a stop cut off in a witness's file is none; the whole one comes behind it. */
const wholeNotes = /^waybill\/.*\n(.*\n){5}\u2014 \S+ \S{92}\n/gm;
const notesIn = (file) => readFileSync(file, 'utf8').match(wholeNotes) ?? [''];
function main() {
  const many = { type: 'string', multiple: true, default: [] };
  const options = { trust: many, note: many, help: { type: 'boolean' } };
  const { values, positionals: files } = parseArgs({ options, allowPositionals: true });
  if (values.help) return help.split('\n');
  const isProof = files[0] === 'inclusion';
  if (!files[+isProof] || !values.trust.length) throw new Error('name what to verify, and --trust');
  const read = (file) => (file.startsWith('ssh-') ? file : readFileSync(file, 'utf8'));
  const trust = readTrust(values.trust.map(read).join('\n'));
  if (isProof) {
    const isAlone = files.length === 2 && values.note.length === 0;
    if (!isAlone) throw new Error('a proof is verified by itself, and without --note');
    const { facts, note, names } = verifyInclusion(read(files[1]), { trust });
    const opened = names.map(({ commitment, path }) => `${commitment} is ${JSON.stringify(path)}`);
    const told = `good: row ${facts.seq} is in ${note.origin}, as signed at ${note.time}`;
    return [told, ...JSON.stringify(facts, null, 2).split('\n'), ...opened];
  }
  const state = verifyExports(files.map(linesOf), { trust, notes: values.note.flatMap(notesIn) });
  const rows = `row ${state.start} (${state.from}) up to row ${state.seq} (${state.at})`;
  const told = `${state.checkpoints} checkpoints, the last of ${state.note.time}`;
  return [`good: ${state.origin} from ${rows}, ${told}`, ...state.remarks];
}

/** A line, without what a terminal would take for a command or for another line. */
const shown = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => escape(sign));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    console.log(main().map(shown).join('\n'));
  } catch ({ row, line, message }) {
    const place = (row ? `row ${row}: ` : '') + (line ? `line ${line}: ` : '');
    const told = row === undefined ? shown(message) : shown(`BAD: ${place}${message}`);
    console.error(row === undefined ? `${told}\n\n${help}` : told);
    process.exitCode = row === undefined ? 2 : 1;
  }
}

import t from 'tap';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  addEvidenceKeys,
  evidenceKeysFile,
  readEvidenceKeys,
} from '../server/evidence-keys-file.ts';

t.test('keys are added in the order of their use, each once', async (t) => {
  const directory = t.testdir();
  t.equal(readEvidenceKeys(directory), null);
  t.ok(addEvidenceKeys(directory, ['ssh-ed25519 AAAA', 'ssh-ed25519 BBBB']));
  t.notOk(addEvidenceKeys(directory, ['ssh-ed25519 BBBB']));
  const path = join(directory, evidenceKeysFile);
  // What somebody added by hand, for a key that was lost, and without a newline.
  appendFileSync(path, '# lost in March\nssh-ed25519   CCCC amy@desk');
  t.ok(addEvidenceKeys(directory, ['ssh-ed25519 DDDD', 'ssh-ed25519 DDDD', 'ssh-ed25519 CCCC']));
  t.same(
    readEvidenceKeys(directory),
    ['AAAA', 'BBBB', 'CCCC', 'DDDD'].map((key) => `ssh-ed25519 ${key}`),
  );
  t.match(readFileSync(path, 'utf8'), /# lost in March\n/);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.notOk(existsSync(`${path}.new`));
});

import { Fault } from '../../../server/domain/faults.ts';
import {
  nameOf,
  parentOf,
  parseVirtualPath,
  parseVirtualPathText,
  segmentsOf,
} from '../../../server/domain/virtual-path.ts';
import { expect, type Suite } from '../suite.ts';
import { hostileBytes } from './grammar.ts';
import { modelOf } from './model.ts';

type Subject = (bytes: Uint8Array) => string;

/** `parseVirtualPath` against the model; `subject` is another parser, to see that a difference is found. */
export function pathsOf(subject: Subject = parseVirtualPath): Suite<Buffer> {
  return {
    name: 'paths',
    unit: 'paths',
    async open() {
      let taken = 0;
      let refused = 0;
      return {
        make: hostileBytes,
        run(bytes) {
          const path = parsedBy(subject, bytes);
          const model = modelOf(bytes);
          expect(path === model, `${JSON.stringify(path)} and not ${JSON.stringify(model)}`);
          if (path === null) refused += 1;
          else {
            taken += 1;
            checkTaken(path);
          }
          return 1;
        },
        text: (bytes) => bytes.toString('hex'),
        parse: (text) => Buffer.from(text.trim(), 'hex'),
        *smaller(bytes) {
          for (let size = bytes.length >> 1; size >= 1; size >>= 1)
            for (let at = 0; at + size <= bytes.length; at += size)
              yield Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
        },
        figures: () => `${taken} taken, ${refused} refused`,
        close: async () => undefined,
      };
    },
  };
}

export const paths = pathsOf();

function parsedBy(subject: Subject, bytes: Uint8Array): string | null {
  try {
    return subject(bytes);
  } catch (error) {
    if (error instanceof Fault && (error.code === 'name-invalid' || error.code === 'path-too-long'))
      return null;
    throw error;
  }
}

/** What comes out is a place below the root, and the same when it is read again. */
function checkTaken(path: string): void {
  const again = parseVirtualPathText(path);
  expect(again === path, `read again: ${JSON.stringify(again)}`);
  const segments = segmentsOf(again);
  for (const segment of segments)
    expect(segment !== '' && segment !== '.' && segment !== '..', `a segment ${segment}`);
  expect(nameOf(again) === (segments.at(-1) ?? ''), 'its name is its last segment');
  expect(
    parentOf(again) === `/${segments.slice(0, -1).join('/')}`,
    'its parent is what is before that',
  );
}

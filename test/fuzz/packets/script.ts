/** Eight bytes of a message that stand for a handle: the `index`-th that a channel was given, or its latest open one. */
export type HandleRef = { readonly at: number; readonly channel: number; readonly index: number };
export const latest = { file: 98, directory: 97 } as const;

export type Step =
  /** Bytes to a channel, cut into chunks where `cuts` say. */
  | {
      readonly kind: 'send';
      readonly channel: number;
      readonly bytes: Buffer;
      readonly refs: readonly HandleRef[];
      readonly cuts: readonly number[];
    }
  /** Waits until everything that can be answered is. */
  | { readonly kind: 'settle' }
  /** The channel opens without an INIT of its own. */
  | { readonly kind: 'bare'; readonly channel: number }
  /** Takes an open file away, as another session's upload of it would. */
  | { readonly kind: 'revoke'; readonly channel: number }
  /** EOF, or the channel gone in the middle of what it does. */
  | { readonly kind: 'end'; readonly channel: number }
  | { readonly kind: 'drop'; readonly channel: number };

/** What a client does on its channels; the same every time. */
export type Script = {
  /** `memory`: stand-ins that answer at once; `slow`: they take a turn each; `real`: database and disk. */
  readonly backing: 'memory' | 'slow' | 'real';
  readonly steps: readonly Step[];
};

export function textOf(script: Script): string {
  return [script.backing, ...script.steps.map(lineOf)].join('\n');
}

function lineOf(step: Step): string {
  if (step.kind === 'settle') return step.kind;
  if (step.kind !== 'send') return `${step.kind} ${step.channel}`;
  let hex = '';
  let from = 0;
  for (const { at, channel, index } of step.refs) {
    hex += `${step.bytes.subarray(from, at).toString('hex')}{${channel}.${index}}`;
    from = at + 8;
  }
  hex += step.bytes.subarray(from).toString('hex');
  return `send ${step.channel} [${step.cuts.join(',')}] ${hex}`;
}

export function scriptOf(text: string): Script {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [backing, ...rest] = lines;
  return { backing: backing as Script['backing'], steps: rest.map(stepOf) };
}

function stepOf(line: string): Step {
  const [kind, channelText = '0', cutsText = '[]', hex = ''] = line.split(' ');
  const channel = Number(channelText);
  if (kind !== 'send') return { kind, channel } as Step;
  const refs: HandleRef[] = [];
  const parts: Buffer[] = [];
  let at = 0;
  for (const part of hex.split(/(\{\d+\.\d+\})/)) {
    const ref = /^\{(\d+)\.(\d+)\}$/.exec(part);
    const bytes = ref === null ? Buffer.from(part, 'hex') : Buffer.alloc(8, 0x68);
    if (ref !== null) refs.push({ at, channel: Number(ref[1]), index: Number(ref[2]) });
    parts.push(bytes);
    at += bytes.length;
  }
  const cuts = cutsText.slice(1, -1).split(',').filter(Boolean).map(Number);
  return { kind, channel, bytes: Buffer.concat(parts), refs, cuts };
}

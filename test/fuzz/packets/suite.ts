import { withoutSome, type Suite } from '../suite.ts';
import { backingOf, type Backing } from './backings.ts';
import { Conversation } from './conversation.ts';
import { generate } from './generate.ts';
import { scriptOf, textOf, type Script } from './script.ts';

/** SFTP packets through codec and dispatcher; `change` spoils what stands behind, to see that it is noticed. */
export function packetsOf(
  change: (backing: Backing) => Backing = (backing) => backing,
): Suite<Script> {
  return {
    name: 'packets',
    unit: 'packets',
    async open() {
      const statuses: number[] = [];
      const scripts = { memory: 0, slow: 0, real: 0 };
      return {
        make: generate,
        async run(script) {
          const backing = change(await backingOf(script.backing));
          try {
            const conversation = new Conversation(backing, script.backing === 'slow', statuses);
            await conversation.play(script);
            await backing.check();
            scripts[script.backing] += 1;
            return conversation.sent;
          } finally {
            await backing.close();
          }
        },
        text: textOf,
        parse: scriptOf,
        *smaller(script) {
          for (const steps of withoutSome(script.steps)) yield { ...script, steps };
        },
        figures() {
          const shown = statuses.map((count, code) => `status ${code} x ${count}`).filter(Boolean);
          const { memory, slow, real } = scripts;
          return `${memory + slow} scripts on stand-ins, ${real} on files and database; ${shown.join(', ')}`;
        },
        close: async () => undefined,
      };
    },
  };
}

export const packets = packetsOf();

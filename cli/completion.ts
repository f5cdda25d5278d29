import { Argument } from 'commander';
import type { Command } from 'commander';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { placesOf } from './completion/tree.ts';
import { zshScript } from './completion/zsh.ts';
import type { CliParts } from './parts.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function addCompletionCommand(program: Command, parts: CliParts): void {
  program
    .command('completion')
    .description("print what makes a shell complete this command's words")
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText(
      'after',
      `
Examples:
  eval "$(waybill completion bash)"      # in ~/.bashrc
  eval "$(waybill completion zsh)"       # in ~/.zshrc, after compinit
  waybill completion fish > ~/.config/fish/completions/waybill.fish`,
    )
    .action((shell: keyof typeof scripts) => {
      parts.stdout.write(scripts[shell](placesOf(program)));
    });
}

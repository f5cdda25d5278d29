import type { Command, Option } from 'commander';

/** What may come after a word of the command line. */
export type Place = {
  /** The commands so far, such as `user list`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly Named[];
  /** The commands, or what an argument may be. */
  readonly words: readonly Named[];
  readonly options: readonly CompletedOption[];
  /** It takes the name of a file of this machine. */
  readonly takesFile: boolean;
};

export type Named = { readonly name: string; readonly description: string };

export type CompletedOption = {
  /** `-o`, `--output` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly takesFile: boolean;
};

const localFile = /^(file|files|directory|archive)$|-(file|directory)$/;

/** The whole command as the shells complete it, out of what the commands themselves say: nothing is listed twice. */
export function placesOf(program: Command): readonly Place[] {
  return placesBelow(program, '');
}

function placesBelow(command: Command, path: string): readonly Place[] {
  const help = command.createHelp();
  const commands = command.commands.filter((each) => help.visibleCommands(command).includes(each));
  const named = commands.map((each) => ({
    name: each.name(),
    description: firstLine(each.description()),
  }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((name) => ({ name, description })),
  );
  const place: Place = {
    path,
    commands: named,
    words: [...named, ...choices],
    options: help.visibleOptions(command).map(optionOf),
    takesFile: command.registeredArguments.some((each) => localFile.test(each.name())),
  };
  return [
    place,
    ...commands.flatMap((each) => placesBelow(each, `${path} ${each.name()}`.trimStart())),
  ];
}

function optionOf(option: Option): CompletedOption {
  const value = /[<[]([a-z-]+)/.exec(option.flags)?.[1] ?? '';
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    description: firstLine(option.description),
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
    takesFile: localFile.test(value),
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

/** One list of all options that take a value, as `place:flag`; those of the program count everywhere. */
export function valuedOptions(
  places: readonly Place[],
): readonly { readonly path: string; readonly flag: string; readonly option: CompletedOption }[] {
  return places.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .flatMap((option) => option.flags.map((flag) => ({ path, flag, option }))),
  );
}

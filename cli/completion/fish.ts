import { valuedOptions } from './tree.ts';
import type { CompletedOption, Place } from './tree.ts';

export function fishScript(places: readonly Place[]): string {
  const valued = valuedOptions(places);
  return `# fish completion of waybill. Load it: waybill completion fish > ~/.config/fish/completions/waybill.fish
function __waybill_at
    set -l at ''
    set -l option ''
    for word in (commandline -opc)[2..]
        if test -n "$option"
            set option ''
            continue
        end
        switch "$at:$word"
${valued.map(({ path, flag }) => `            case '${path === '' ? '*' : path}:${flag}'\n                set option $word`).join('\n')}
${places.flatMap(({ path, commands }) => commands.map(({ name }) => `            case '${path}:${name}'\n                set at '${`${path} ${name}`.trimStart()}'`)).join('\n')}
        end
    end
    test "$at" = "$argv[1]"
end
complete -c waybill -f
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, words, options, takesFile }: Place): readonly string[] {
  const here = `complete -c waybill -n '__waybill_at "${path}"'`;
  // The options of the program itself count everywhere.
  const everywhere = path === '' ? 'complete -c waybill' : here;
  return [
    ...words.map(({ name, description }) => `${here} -a ${name} -d ${quoted(description)}`),
    ...options.map((option) => `${everywhere} ${optionText(option)}`),
    ...(takesFile ? [`${here} -F`] : []),
  ];
}

function optionText({
  flags,
  description,
  takesValue,
  choices,
  takesFile,
}: CompletedOption): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const value = takesFile ? ' -r -F' : takesValue ? ' -x' : '';
  const words = choices.length === 0 ? '' : ` -a ${quoted(choices.join(' '))}`;
  return `${names.join(' ')}${value}${words} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

import { valuedOptions } from './tree.ts';
import type { CompletedOption, Named, Place } from './tree.ts';

export function zshScript(places: readonly Place[]): string {
  const valued = valuedOptions(places);
  return `# zsh completion of waybill. Load it in ~/.zshrc, after compinit: eval "$(waybill completion zsh)"
_waybill() {
  local at='' option='' word=''
  local -a candidates
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then
      option=''
      continue
    fi
    case "$at:$word" in
${valued.map(({ path, flag }) => `      ${placeCase(path, flag)}) option=$word ;;`).join('\n')}
${places.flatMap(({ path, commands }) => commands.map(({ name }) => `      '${path}:${name}') at='${`${path} ${name}`.trimStart()}' ;;`)).join('\n')}
    esac
  done
  if [[ -n $option ]]; then
    case "$at:$option" in
${valued
  .filter(({ option }) => option.choices.length > 0)
  .map(
    ({ path, flag, option }) =>
      `      ${placeCase(path, flag)}) candidates=(${option.choices.join(' ')}) ;;`,
  )
  .join('\n')}
${valued
  .filter(({ option }) => option.takesFile)
  .map(({ path, flag }) => `      ${placeCase(path, flag)}) _files; return ;;`)
  .join('\n')}
      *) return ;;
    esac
  elif [[ $PREFIX == -* ]]; then
    candidates=(${(places[0]?.options ?? []).flatMap(described).join(' ')})
    case "$at" in
${places
  .filter(({ path, options }) => path !== '' && options.length > 0)
  .map(
    ({ path, options }) =>
      `      '${path}') candidates+=(${options.flatMap(described).join(' ')}) ;;`,
  )
  .join('\n')}
    esac
  else
    case "$at" in
${places
  .filter(({ words }) => words.length > 0)
  .map(({ path, words }) => `      '${path}') candidates=(${words.map(entry).join(' ')}) ;;`)
  .join('\n')}
${places
  .filter(({ takesFile }) => takesFile)
  .map(({ path }) => `      '${path}') _files; return ;;`)
  .join('\n')}
    esac
  fi
  _describe waybill candidates
}
compdef _waybill waybill
`;
}

function described({ flags, description }: CompletedOption): readonly string[] {
  return flags.map((name) => entry({ name, description }));
}

/** `name:description` in single quotes; a colon in the name would end it. */
function entry({ name, description }: Named): string {
  return `'${name.replaceAll(':', '\\:')}:${description.replaceAll("'", "'\\''")}'`;
}

function placeCase(path: string, flag: string): string {
  return path === '' ? `*:${flag}` : `'${path}:${flag}'`;
}

import { valuedOptions } from './tree.ts';
import type { Place } from './tree.ts';

/** For bash 3.2 and later, without the bash-completion package. */
export function bashScript(places: readonly Place[]): string {
  const globals = places[0]?.options.flatMap(({ flags }) => flags) ?? [];
  const valued = valuedOptions(places);
  return `# bash completion of waybill. Load it in ~/.bashrc: eval "$(waybill completion bash)"
_waybill() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at='' option='' word='' words='' files='' index
  [[ $cur == '=' ]] && cur=''
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    [[ $word == '=' ]] && continue
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
      `      ${placeCase(path, flag)}) words='${option.choices.join(' ')}' ;;`,
  )
  .join('\n')}
${valued
  .filter(({ option }) => option.takesFile)
  .map(({ path, flag }) => `      ${placeCase(path, flag)}) files=1 ;;`)
  .join('\n')}
    esac
  elif [[ $cur == -* ]]; then
    words='${globals.join(' ')}'
    case "$at" in
${places
  .filter(({ path, options }) => path !== '' && options.length > 0)
  .map(
    ({ path, options }) =>
      `      '${path}') words="$words ${options.flatMap(({ flags }) => flags).join(' ')}" ;;`,
  )
  .join('\n')}
    esac
  else
    case "$at" in
${places
  .filter(({ words }) => words.length > 0)
  .map(
    ({ path, words }) => `      '${path}') words='${words.map(({ name }) => name).join(' ')}' ;;`,
  )
  .join('\n')}
${places
  .filter(({ takesFile }) => takesFile)
  .map(({ path }) => `      '${path}') files=1 ;;`)
  .join('\n')}
    esac
  fi
  COMPREPLY=()
  while IFS= read -r word; do
    [[ -n $word ]] && COMPREPLY+=("$word")
  done < <(compgen -W "$words" -- "$cur")
  if [[ -n $files ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
      COMPREPLY+=("$word")
    done < <(compgen -f -- "$cur")
  fi
}
complete -F _waybill waybill
`;
}

function placeCase(path: string, flag: string): string {
  return path === '' ? `*:${flag}` : `'${path}:${flag}'`;
}

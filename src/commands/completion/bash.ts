import type { CompletionPlace, Flag } from './model.ts';

/**
 * Returns a script for bash 4 and newer. All its words are ours or names of systems: letters, digits, `-`, `_` and `/`,
 * which need no quoting.
 */
export function bashScript(places: readonly CompletionPlace[]): string {
  const known = places.flatMap(({ at }) => (at === '' ? [] : [`'${at}'`]));
  return `# Completion of hpc-collector for bash: source <(hpc-collector completion bash)
_hpc_collector() {
  local current=\${COMP_WORDS[COMP_CWORD]} at='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$at $word" in
      ${known.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at \${COMP_WORDS[COMP_CWORD-1]}" in
${places.flatMap(({ at, flags }) => flags.flatMap((flag) => valueCase(at, flag))).join('\n')}
  esac
  case "$at" in
${places.map(placeCase).join('\n')}
  esac
}
complete -F _hpc_collector hpc-collector
`;
}

function valueCase(at: string, { long, short, wants }: Flag): string[] {
  if (wants === 'nothing') return [];
  const patterns = [`--${long}`, ...(short === null ? [] : [`-${short}`])].map((flag) => `'${at} ${flag}'`).join('|');
  return [`    ${patterns}) ${valuesFor(wants)}; return ;;`];
}

function valuesFor(wants: Flag['wants']): string {
  if (wants === 'file' || wants === 'directory')
    return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen ${wants === 'file' ? '-f' : '-d'} -- "$current")`;
  return typeof wants === 'string' ? ':' : matching(wants);
}

function placeCase({ at, words, flags }: CompletionPlace): string {
  const offered = words.map(({ text }) => text);
  const dashed = flags.flatMap(({ long, short }) => [`--${long}`, ...(short === null ? [] : [`-${short}`])]);
  return `    '${at}') if [[ $current == -* ]]; then ${matching(dashed)}; else ${matching(offered)}; fi ;;`;
}

function matching(words: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$current")`;
}

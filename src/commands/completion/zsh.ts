import type { CompletionPlace, Flag, Word } from './model.ts';

/** Returns a script for zsh with its completion system (`compinit`). */
export function zshScript(places: readonly CompletionPlace[]): string {
  const known = places.flatMap(({ at }) => (at === '' ? [] : [quoted(at)]));
  return `#compdef hpc-collector
# Completion of hpc-collector for zsh, after compinit: source <(hpc-collector completion zsh)
_hpc_collector() {
  local at='' word
  local -a offered
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${known.join('|')}) at="$at $word" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${places.flatMap(({ at, flags }) => flags.flatMap((flag) => valueCase(at, flag))).join('\n')}
  esac
  case "$at" in
${places.map(placeCase).join('\n')}
  esac
  _describe hpc-collector offered
}
compdef _hpc_collector hpc-collector
`;
}

function valueCase(at: string, { long, short, wants }: Flag): string[] {
  if (wants === 'nothing') return [];
  const patterns = [`--${long}`, ...(short === null ? [] : [`-${short}`])].map((flag) => quoted(`${at} ${flag}`));
  return [`    ${patterns.join('|')}) ${valuesFor(wants)}; return ;;`];
}

function valuesFor(wants: Flag['wants']): string {
  if (wants === 'file') return '_files';
  if (wants === 'directory') return '_files -/';
  return typeof wants === 'string' ? ':' : `compadd -- ${wants.map(quoted).join(' ')}`;
}

function placeCase({ at, words, flags }: CompletionPlace): string {
  const dashed = flags.flatMap(({ long, short, description }) => [
    { text: `--${long}`, description },
    ...(short === null ? [] : [{ text: `-${short}`, description }]),
  ]);
  return `    ${quoted(at)}) if [[ $PREFIX == -* ]]; then offered=(${list(dashed)}); else offered=(${list(words)}); fi ;;`;
}

/** Formats words for _describe: `word:description`. */
function list(words: readonly Word[]): string {
  return words.map(({ text, description }) => quoted(`${text.replaceAll(':', '\\:')}:${description}`)).join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

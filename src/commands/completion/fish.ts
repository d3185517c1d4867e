import type { CompletionPlace, Flag } from './model.ts';

/** Returns a script for fish 3 and newer. */
export function fishScript(places: readonly CompletionPlace[]): string {
  const known = places.flatMap(({ at }) => (at === '' ? [] : [quoted(at)]));
  return `# Completion of hpc-collector for fish: ~/.config/fish/completions/hpc-collector.fish
function __hpc_collector_at
  set -l at ''
  set -l known ${known.join(' ')}
  for word in (commandline -opc)[2..-1]
    contains -- "$at $word" $known; and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
complete -c hpc-collector -f
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ at, words, flags }: CompletionPlace): string[] {
  const here = `complete -c hpc-collector -n ${quoted(`__hpc_collector_at "${at}"`)}`;
  return [
    ...words.map(({ text, description }) => `${here} -a ${quoted(text)} -d ${quoted(description)}`),
    ...flags.map((flag) => `${here} ${flagOf(flag)} -d ${quoted(flag.description)}`),
  ];
}

function flagOf({ long, short, wants }: Flag): string {
  const names = `-l ${long}${short === null ? '' : ` -s ${short}`}`;
  if (wants === 'nothing') return names;
  if (wants === 'file') return `${names} -rF`;
  if (wants === 'directory') return `${names} -xa '(__fish_complete_directories)'`;
  return typeof wants === 'string' ? `${names} -x` : `${names} -xa ${quoted(wants.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

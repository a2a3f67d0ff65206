import type { Command, Option } from 'commander';
import { invalid } from '../../errors.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What may follow the words `path` of a command line: commands, values of an argument, and options, each with what it is for. */
type Place = { readonly path: string; readonly words: readonly Word[] };
type Word = { readonly word: string; readonly what: string };

/** The completion script of a shell for these commands. Errors: `invalid` for another shell. */
export function completionFor(program: Command, shell: string): string {
  const places = placesOf(program, '');
  if (shell === 'bash') return bash(places);
  if (shell === 'zsh') return zsh(places);
  if (shell === 'fish') return fish(places);
  throw invalid('shell', `The shell must be ${SHELLS.join(', ')}.`);
}

function placesOf(command: Command, path: string): Place[] {
  const commands = command.commands.map((one) => ({ word: one.name(), what: one.description() }));
  const values = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, what: description })),
  );
  const shared = path === '' ? [] : [{ word: '--json', what: 'print results as JSON, one object per line' }];
  const options = [...command.options.map(wordOf), ...shared, { word: '--help', what: 'display help for command' }];
  const words = [...commands, ...values, ...options];
  return [{ path, words }, ...command.commands.flatMap((one) => placesOf(one, `${path} ${one.name()}`))];
}

const wordOf = ({ long, short, description }: Option): Word => ({ word: long ?? short ?? '', what: description });

/** The pattern of `case` for the words that lead to a place. */
const pathsOf = (places: readonly Place[]): string =>
  places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join(' | ');

const caseOf = (places: readonly Place[], body: (place: Place) => string): string =>
  places.map((place) => `    '${place.path}') ${body(place)} ;;`).join('\n');

const bash = (places: readonly Place[]): string => `# Completion of parley for bash. In ~/.bashrc: source <(parley completion bash)
_parley() {
  local path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      ${pathsOf(places)}) path="$path $word" ;;
    esac
  done
  case "$path" in
${caseOf(places, ({ words }) => `words='${words.map(({ word }) => word).join(' ')}'`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _parley parley
`;

/** For single quotes of zsh and fish. */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", '’')}'`;

const zsh = (places: readonly Place[]): string => `#compdef parley
# Completion of parley for zsh. In ~/.zshrc, after compinit: source <(parley completion zsh)
_parley() {
  local at='' word
  local -a found
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in
      ${pathsOf(places)}) at="$at $word" ;;
    esac
  done
  case "$at" in
${caseOf(places, ({ words }) => `found=(${words.map(({ word, what }) => quoted(`${word}:${what.replaceAll(':', '\\:')}`)).join(' ')})`)}
  esac
  _describe 'parley' found || _files
}
compdef _parley parley
`;

const fish = (
  places: readonly Place[],
): string => `# Completion of parley for fish. In ~/.config/fish/config.fish: parley completion fish | source
function __parley_at
  set -l at ''
  for word in (commandline -opc)[2..]
    switch "$at $word"
      case ${places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`])).join(' ')}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${places.flatMap(({ path, words }) => words.map((word) => fishLine(path, word))).join('\n')}
`;

function fishLine(path: string, { word, what }: Word): string {
  const name = word.startsWith('--') ? `-l ${word.slice(2)}` : word.startsWith('-') ? `-s ${word.slice(1)}` : `-a ${word}`;
  return `complete -c parley -n ${quoted(`__parley_at '${path}'`).replaceAll('’', '"')} ${name} -d ${quoted(what)}`;
}

/** A command in a message: `/name` at its very beginning, then white space or nothing. `rest`: what follows, without white space around it. */
export type TypedCommand = { readonly name: string; readonly rest: string };

const COMMAND = /^\/([a-z][a-z0-9-]{0,31})(?:\s+([\s\S]*))?$/i;

/** The command that a text is; undefined for other texts, such as `/etc/hosts`, and for one with a space before the slash. */
export function commandIn(text: string): TypedCommand | undefined {
  const [, name, rest = ''] = COMMAND.exec(text) ?? [];
  return name === undefined ? undefined : { name: name.toLowerCase(), rest: rest.trim() };
}

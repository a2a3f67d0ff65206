const MAX_CHARACTERS = 400;
const MAX_LINES = 6;

/** Markdown that a reply starts with: author, link, and the start of the text as a quotation. `url`: absolute, or undefined for no link. */
export function quoteOf({ name, url, text }: { readonly name: string; readonly url: string | undefined; readonly text: string }): string {
  const lines = shortened(text)
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
  return `@${name} ${url === undefined ? 'wrote' : `[wrote](${url})`}:\n${lines.join('\n')}\n\n`;
}

/** Cut at a character boundary, with an ellipsis. */
function shortened(text: string): string {
  const lines = text.trim().split('\n');
  const first = lines.slice(0, MAX_LINES).join('\n');
  const characters = [...first];
  const isCut = lines.length > MAX_LINES || characters.length > MAX_CHARACTERS;
  return isCut ? `${characters.slice(0, MAX_CHARACTERS).join('').trimEnd()} …` : first;
}

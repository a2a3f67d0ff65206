const MAX_CHARACTERS = 400;
const MAX_LINES = 6;

/** Markdown to begin an answer with: who said it, where it stands, and the beginning of its text as a quotation. `url`: in full, or it is no link. */
export function quoteOf({ name, url, text }: { readonly name: string; readonly url: string; readonly text: string }): string {
  const lines = shortened(text)
    .split('\n')
    .map((line) => `> ${line}`.trimEnd());
  return `@${name} [wrote](${url}):\n${lines.join('\n')}\n\n`;
}

/** Cut between characters, with a mark that says so. */
function shortened(text: string): string {
  const lines = text.trim().split('\n');
  const first = lines.slice(0, MAX_LINES).join('\n');
  const characters = [...first];
  const isCut = lines.length > MAX_LINES || characters.length > MAX_CHARACTERS;
  return isCut ? `${characters.slice(0, MAX_CHARACTERS).join('').trimEnd()} …` : first;
}

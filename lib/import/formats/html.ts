/** Opens the converter from HTML to Markdown; its parser is loaded only by imports that need it. */
export async function openHtmlReader(): Promise<(html: string) => string> {
  const { default: Turndown } = await import('turndown');
  const turndown = new Turndown({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-', emDelimiter: '*' });
  turndown.addRule('struck', { filter: ['del', 's'], replacement: (content) => `~~${content}~~` });
  turndown.remove(['script', 'style']);
  return (html) => (html === '' ? '' : turndown.turndown(html));
}

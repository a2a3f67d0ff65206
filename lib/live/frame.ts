/**
 * One event of an event stream (HTML Living Standard, section 9.2). `id` becomes the client's Last-Event-ID.
 * Line breaks of any kind in `data` start a new data line, so that text can never open a field. Throws on a line break in id or event.
 */
export function sseFrame(
  data: string,
  { id, event }: { readonly id?: string | number | undefined; readonly event?: string | undefined } = {},
): string {
  for (const field of [event, id]) if (/[\r\n\0]/.test(String(field))) throw new Error('A line break in an event field');
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`);
  return `${head}data: ${data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

/** Moves a client's Last-Event-ID and is no event to it: there is no data (section 9.2.6). */
export const sseId = (id: string): string => `id: ${id}\n\n`;

/** Keeps proxies and dead sockets honest; clients ignore it. */
export const SSE_COMMENT = ':\n\n';
export const HTML_COMMENT = '<!-- -->\n';

/** Read at the end of an HTML document: a sooner refresh than the one in its head. */
export const RELOAD_SOON = '<meta http-equiv="refresh" content="1">\n';

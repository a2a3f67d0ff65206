/**
 * One event of an event stream (HTML Living Standard, section 9.2). `id` becomes the client's Last-Event-ID.
 * Line breaks of any kind in `data` start a new data line, so that text can never start another field. Throws on a line break in id or event.
 */
export function sseFrame(
  data: string,
  { id, event }: { readonly id?: string | number | undefined; readonly event?: string | undefined } = {},
): string {
  for (const field of [event, id]) if (/[\r\n\0]/.test(String(field))) throw new Error('A line break in an event field');
  const head = (event === undefined ? '' : `event: ${event}\n`) + (id === undefined ? '' : `id: ${id}\n`);
  return `${head}data: ${data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

/** Sets the client's Last-Event-ID without dispatching an event, since there is no data (section 9.2.6). */
export const sseId = (id: string): string => `id: ${id}\n\n`;

/** The heartbeat: keeps proxies from timing out and reveals dead sockets. Clients ignore comments. */
export const SSE_COMMENT = ':\n\n';
export const HTML_COMMENT = '<!-- -->\n';

/** Written at the end of a live document: a refresh after 1 s, sooner than the one in its head. */
export const RELOAD_SOON = '<meta http-equiv="refresh" content="1">\n';

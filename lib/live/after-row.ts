import type { Message } from '../log/entry.ts';
import type { MessageLocation } from '../messages/presenter.ts';
import type { RowContext } from '../messages/threads/context.ts';
import { presentThread } from '../messages/threads/related.ts';
import type { Views } from '../views/render.ts';

/**
 * What follows the row of a reply in a stream for pages: the link to its thread, with the number of replies. A page that shows the root puts it into
 * that row (static/js/rows.js). Empty for a message that answers none.
 */
export function threadLink(
  views: Pick<Views, 'render'>,
  { slug }: MessageLocation,
  { thread: root }: Message,
  { related }: RowContext,
): string {
  const thread = root === undefined ? null : presentThread(root, related);
  return thread ? views.render('messages/_thread.njk', { slug, thread }).trim() : '';
}

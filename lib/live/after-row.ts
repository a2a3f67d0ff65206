import { draftIdOf } from '../drafts/draft.ts';
import type { Message } from '../log/entry.ts';
import type { MessageLocation } from '../messages/presenter.ts';
import type { RowContext } from '../messages/threads/context.ts';
import { presentThread } from '../messages/threads/related.ts';
import type { Views } from '../views/render.ts';

type Renderer = Pick<Views, 'render'>;

/** What follows the row of a message in a stream for pages, which take both in one step (static/js/rows.js). */
export const afterRow = (views: Renderer, place: MessageLocation, message: Message, context: RowContext): string =>
  threadLink(views, place, message, context) + draftEnd(views, message);

/** The link to the thread of a reply, with the number of replies. A page that shows the root puts it into that row. */
function threadLink(views: Renderer, { slug }: MessageLocation, { thread: root }: Message, { related }: RowContext): string {
  const thread = root === undefined ? null : presentThread(root, related);
  return thread ? views.render('messages/_thread.njk', { slug, thread }).trim() : '';
}

/** The end of the draft that a message was: its row goes when that of the message comes. */
function draftEnd(views: Renderer, message: Message): string {
  const id = draftIdOf(message);
  return id === undefined ? '' : views.render('drafts/_end.njk', { end: { id, author: message.author, slot: null } }).trim();
}

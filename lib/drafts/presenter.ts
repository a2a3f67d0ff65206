import type { Core } from '../core.ts';
import { renderBody } from '../markup/html.ts';
import { authorJson, faceOf, type Profiles } from '../messages/presenter.ts';
import { cleanText, isBlank } from '../text/body.ts';
import type { OpenDraft } from './draft.ts';

/** The place of a draft's group in URLs. */
type Place = { readonly slug: string; readonly basePath: string };

/** A draft as its author gets it: without its text. `bytes`: the length of the text, UTF-8. */
export const draftJson = ({ id, rev, body, format, replyTo }: OpenDraft, { slug, basePath }: Place) => ({
  ...{ id, group: slug, rev, bytes: Buffer.byteLength(body, 'utf8'), format, reply_to: replyTo ?? null },
  url: `${basePath}/groups/${slug}/drafts/${id}`,
});

/** The data of the event `draft`. The text is what a commit would post now. */
export const draftEventJson = ({ id, rev, author, body, format, replyTo }: OpenDraft, slug: string, profiles: Profiles) => ({
  ...{ group: slug, id, rev, author: authorJson(author, profiles), reply_to: replyTo ?? null },
  ...{ body: cleanText(body), format },
});

/** The data of the event `draft_end`. `seq`: of the message that the draft has become; null when it ended without. */
export const draftEndJson = (id: string, slug: string, seq: number | null) => ({ group: slug, id, seq });

/** A longer text waits for its turn, as those of messages do (lib/messages/rendered.ts). */
const SHORT = 500;

/**
 * The text of a draft as safe HTML; '' while there is nothing to see. As unfinished as it is, it is a text like any other: what is open at its end (a code
 * block, an emphasis) ends there or is shown as it was written, and the limit of cost is that of a message. Nobody is mentioned yet.
 */
export async function draftHtml({ scheduler }: Pick<Core, 'scheduler'>, { body, format }: OpenDraft): Promise<string> {
  const text = cleanText(body);
  if (isBlank(text)) return '';
  const render = (): string => renderBody(text, format, []);
  return text.length <= SHORT ? render() : scheduler.run(render);
}

/** A draft for templates/drafts/_row.njk, the same for every viewer. `slot`: its number in live documents; null on pages. */
export const presentDraft = ({ id, rev, author }: OpenDraft, html: string, profiles: Profiles, slot: number | null) => ({
  ...{ id, rev, author: faceOf(profiles, author), html, slot },
});

import { MAX_IN_GROUP, type OpenDraft } from '../../drafts/draft.ts';
import { draftEndJson, draftEventJson, presentDraft } from '../../drafts/presenter.ts';
import type { Profiles } from '../../messages/presenter.ts';
import type { Renderer } from '../batch.ts';
import type { Listener } from '../follower.ts';
import { showsHtml } from '../formats.ts';
import { sseFrame } from '../frame.ts';
import { asRow, PerFormat } from '../per-format.ts';

/**
 * The numbers of the open drafts of a group in live documents, which can only grow: each state of a draft is a row of its own, and a rule of the document's
 * style hides those before the last one with the same number (templates/messages/frame.njk).
 */
export const SLOTS: readonly number[] = Array.from({ length: MAX_IN_GROUP }, (_, slot) => slot);

/** A draft as the readers in this process see it. `at`: when it was last changed, ms by `core.now`. */
export type Shown = { readonly draft: OpenDraft; readonly slot: number; readonly at: number };

/** Whether a stream may have drafts: of a page or a live document, or a program that asked for them; of a whole group or a thread. */
export const mayHaveDrafts = ({ format, filter, drafts }: Listener): boolean =>
  (showsHtml(format) || (drafts === true && (format === 'json' || format === 'event'))) &&
  (filter === undefined || (!filter.mentions && filter.keywords.length === 0));

/** Whether a stream has this draft: that of a thread, the drafts of replies in it. */
export const hasDraft = (listener: Listener, { thread }: Pick<OpenDraft, 'thread'>): boolean =>
  mayHaveDrafts(listener) && (listener.filter?.thread === undefined || listener.filter.thread === thread);

type Context = { readonly views: Renderer; readonly slug: string };

/** A state of a draft. `html`: its text. */
export const draftForms = ({ views, slug }: Context, { draft, slot }: Shown, html: string, profiles: Profiles): PerFormat =>
  new PerFormat((kind) => {
    if (kind === 'json') return sseFrame(JSON.stringify(draftEventJson(draft, slug, profiles)), { event: 'draft' });
    const row = { draft: presentDraft(draft, html, profiles, kind === 'frame' ? slot : null) };
    return asRow(kind, views.render('drafts/_row.njk', row));
  });

/** The end of a draft. `seq`: of the message that it has become; null without one. */
export const endForms = ({ views, slug }: Context, { draft, slot }: Shown, seq: number | null): PerFormat =>
  new PerFormat((kind) => {
    if (kind === 'json') return sseFrame(JSON.stringify(draftEndJson(draft.id, slug, seq)), { event: 'draft_end' });
    const end = { id: draft.id, author: draft.author, slot: kind === 'frame' ? slot : null };
    return asRow(kind, views.render('drafts/_end.njk', { end }));
  });

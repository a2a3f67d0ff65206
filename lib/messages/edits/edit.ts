import type { Core } from '../../core.ts';
import { conflict, DomainError, forbidden } from '../../errors.ts';
import { type AltTexts, areDescribedAlike, describe } from '../../files/alt.ts';
import { requireMember } from '../../groups/admission.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { t } from '../../language/text.ts';
import type { Action } from '../../log/action.ts';
import { filesOf } from '../../log/body-text.ts';
import type { Format } from '../../log/entry.ts';
import { actionsOf, type FoldedMessage } from '../../log/fold.ts';
import { readMessage } from '../../log/history.ts';
import { EVERYBODY } from '../../markup/mentions.ts';
import { areAlike } from '../actions/rules.ts';
import { bodyIn } from '../body.ts';
import { mentionsIn } from '../resolve-mentions.ts';
import { mayEdit } from '../rules.ts';
import { followersOf } from '../threads/follows.ts';
import { readReply } from '../threads/related.ts';
import { follow } from './follow.ts';

/** `actions`: what the actions of the message become; without it they stay. It may be called several times, and throws to refuse the edit. */
type EditOptions = {
  readonly format?: Format | undefined;
  readonly alt?: AltTexts;
  /** Only of a bot: see Edited. */
  readonly quiet?: boolean | undefined;
  readonly actions?: ((present: FoldedMessage) => readonly Action[]) | undefined;
};

/**
 * Replaces the text of a message unless it is undefined, and the alternative texts that are given; `format`: default that of the old text. Idempotent.
 * Errors: also `conflict` when the message was changed at the same time, of an edit that depends on what it is.
 * Errors of edit, erase, unerase, react and pin: `notFound` (no such message, or no access), `forbidden`, `invalid`, `tooLarge`, `tooMany`, `unavailable`.
 */
export async function edit(
  core: Core,
  at: GroupAccess,
  target: number,
  text: string | undefined,
  options: EditOptions = {},
): Promise<FoldedMessage> {
  requireMember(at);
  if (options.quiet && !at.user.bot) throw new DomainError('invalid', 'Only bots can edit quietly.', { field: 'quiet' });
  const typed = text === undefined ? undefined : bodyIn(core, text, ['files of the message, checked below']);
  const old = await readMessage(core, at.group.id, target);
  const { state } = old;
  const body = typed ?? state.body;
  const format = typed === undefined ? state.format : (options.format ?? formatAfter(state.format));
  const described = describe(filesOf(old), options.alt ?? {});
  const files = areDescribedAlike(described, filesOf(old)) ? {} : { attachments: described };
  const actions = options.actions?.(old);
  const kept = state.mentions ? { mentions: state.mentions } : {};
  const mentions = typed === undefined ? kept : await mentionsAfter(core, at, old, body, format);
  const said = options.quiet ? { quiet: true as const } : mentions;
  const draft = { kind: 'edit', target, body, format, ...files, ...said, ...(actions ? { actions } : {}) } as const;
  return follow(core, at, draft, (now, folded) => {
    if (!mayEdit(now, folded)) throw forbidden(t`Only the author can edit a message, and only until it is erased.`);
    if (typed !== undefined) bodyIn(core, body, filesOf(folded));
    const isStale = typed === undefined && (folded.state.body !== body || folded.state.format !== format);
    if (isStale || (actions && !areAlike(options.actions?.(folded), actions)))
      throw conflict(t`The message was changed at the same time. Try again.`, 'message');
    const isOther = folded.state.body !== body || folded.state.format !== format || !areDescribedAlike(described, filesOf(folded));
    return isOther || (actions !== undefined && !areAlike(actionsOf(folded), actions));
  });
}

/** Whom a message notifies with a new text. */
async function mentionsAfter(core: Core, at: GroupAccess, { message, state }: FoldedMessage, body: string, format: Format) {
  const notifyAll = state.mentions?.includes(EVERYBODY.id) ?? false; // confirmed when it was posted
  const { answered } = await readReply(core, at.group.id, message.replyTo);
  const besides = [...(answered === undefined ? [] : [answered]), ...(await followersOf(core, at.group.id, message.thread))];
  return mentionsIn(core, at, body, { format, notifyAll, besides: besides.filter((id) => state.mentions?.includes(id)) });
}

/** Default format of an edit: that of the old text; plain text for rich content. */
const formatAfter = (format: Format): Format => (format === 'model' ? 'text' : format);

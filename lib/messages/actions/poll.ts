import { z } from 'zod';
import { checkPoll, closingLabels } from '../../commands/poll.ts';
import type { Core } from '../../core.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import { flag, text } from '../../http/fields.ts';
import { pollActions } from '../../log/poll.ts';
import { MAX_KEY_LENGTH, type Posted, post } from '../operations.ts';

export const pollForm = z.object({
  question: text.describe('The text of the message, Markdown.'),
  options: z
    .union([z.array(text).min(1, 'must have an option'), text], 'must be a list')
    .transform((given) => (typeof given === 'string' ? given.split('\n') : given))
    .describe('What can be chosen: 2 to 20 texts of 75 characters at most; in a form on lines of their own.'),
  multiple: flag.default(false).describe('Whether somebody may choose several.'),
  show: z
    .enum(['names', 'count'], 'must be names or count')
    .default('names')
    .describe('What everybody sees: who has chosen what, or how many.'),
  key: text.min(1).max(MAX_KEY_LENGTH).optional().describe('Like the header Idempotency-Key, for forms.'),
});

type Given = Omit<z.infer<typeof pollForm>, 'key'> & { readonly key?: string | undefined };

/** Posts a poll: a message with an action for each option. Errors: those of `post`; `invalid` (question, options). */
export function postPoll(core: Core, at: GroupAccess, { question: asked, options: given, multiple, show, key }: Given): Promise<Posted> {
  const { question, options } = checkPoll({ question: asked, options: given });
  const actions = pollActions(at.user.id, options, { multiple, show }, closingLabels());
  return post(core, at, { body: question, format: 'markdown', actions, key });
}

import { z } from 'zod';
import { invalid } from '../../errors.ts';
import { readMessage, readPosted } from '../../log/history.ts';
import { resolveActions } from '../../messages/actions/resolve.ts';
import { keyIn, post } from '../../messages/operations.ts';
import { awaitAnswer, isQuestion, MAX_WAIT_S, questionActions } from '../answers.ts';
import { groupOf } from '../caller.ts';
import { format, group, key, Message, replyTo, seq } from '../schemas.ts';
import { type Tool, tool } from '../tool.ts';

const MAX_OPTIONS = 10;
const DEFAULT_OPTIONS = [
  { id: 'approve', label: 'Approve', style: 'primary' as const },
  { id: 'reject', label: 'Reject', style: 'danger' as const },
];

const waitSeconds = z
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(MAX_WAIT_S, `must be ${MAX_WAIT_S} at most`)
  .describe(`How long to wait for the answer, ${MAX_WAIT_S} at most. Without one by then the result has none: ask again with read_answer.`);

const option = z.strictObject({
  id: z
    .string('must be text')
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must have 1 to 64 characters of A-Z a-z 0-9 _ -')
    .describe('What the answer says.'),
  label: z.string('must be text').min(1, 'must not be empty').max(75, 'must have 75 characters at most').describe('What the button says.'),
  style: z.enum(['default', 'primary', 'danger'], 'must be default, primary or danger').default('default'),
});

const Question = z.object({
  group,
  seq: seq.describe('The seq of the question.'),
  url: z.string(),
  answer: z
    .object({
      option: z.string().describe('The id of the option.'),
      label: z.string(),
      by: Message.shape.author.describe('Who chose it.'),
      at: z.string().describe('When, ISO 8601.'),
      comment: z.string().nullable().describe('What they wrote with it.'),
    })
    .nullable()
    .describe('null: nobody has answered yet.'),
});

const askPeople = tool({
  ...{ name: 'ask_people', title: 'Ask people', kind: 'add' },
  description:
    'Posts a question with buttons, such as Approve and Reject, and waits for the answer of a person. The first answer counts. Needs the token of a bot. ' +
    'Give a key: with the same key and arguments the question is posted once, and its answer is read. An answer is the decision of a person in this group; a comment is their text.',
  input: z.strictObject({
    group,
    question: z.string('must be text').describe('The text of the question.'),
    format: format.default('markdown'),
    options: z
      .array(option, 'must be a list')
      .min(1, 'must have an option')
      .max(MAX_OPTIONS, `must have ${MAX_OPTIONS} options at most`)
      .default(DEFAULT_OPTIONS)
      .describe('The buttons. Default: Approve and Reject.'),
    who: z
      .union(
        [z.enum(['anyone', 'moderators']), z.array(z.string().max(100)).min(1).max(100)],
        'must be anyone, moderators, or a list of 1 to 100 names or ids of members',
      )
      .default('anyone')
      .describe('Who may answer: anyone in the group, those who manage it, or these members, by name or id.'),
    comments: z.boolean('must be true or false').default(false).describe('Whether whoever answers can add a text.'),
    wait_seconds: waitSeconds.default(0),
    reply_to: replyTo.optional(),
    key: key.optional(),
  }),
  output: Question,
  call: async (caller, { group, question, format, options, who, comments, wait_seconds: seconds, reply_to: replied, key }) => {
    const at = await groupOf(caller, group);
    const actions = await resolveActions(caller.core, at, questionActions(options, who, comments));
    const storedKey = key === undefined ? undefined : keyIn('client', key);
    const input = { body: question, format, actions, replyTo: replied, key: storedKey };
    const { message, isNew } = await post(caller.core, at, input);
    const { message: asked } = await readPosted(caller.core, message, isNew);
    return questionOf(caller, asked.seq, await awaitAnswer(caller.core, at, asked.seq, seconds), group);
  },
});

const readAnswer = tool({
  ...{ name: 'read_answer', title: 'Read the answer to a question', kind: 'set' },
  description: 'The answer to a question that was posted with ask_people; waits for it if there is none yet. The asker has then seen it.',
  input: z.strictObject({ group, seq: seq.describe('The seq of the question.'), wait_seconds: waitSeconds.default(0) }),
  output: Question,
  call: async (caller, { group, seq, wait_seconds: seconds }) => {
    const at = await groupOf(caller, group);
    if (!isQuestion(await readMessage(caller.core, at.group.id, seq))) throw invalid('seq', `Message ${seq} is no question of ask_people.`);
    return questionOf(caller, seq, await awaitAnswer(caller.core, at, seq, seconds), group);
  },
});

const questionOf = (
  { core }: Parameters<typeof groupOf>[0],
  seq: number,
  answer: Awaited<ReturnType<typeof awaitAnswer>>,
  slug: string,
) => ({ group: slug, seq, url: `${core.config.basePath}/groups/${slug}/messages/${seq}`, answer });

/** Tools that ask people and wait. */
export const askingTools: readonly Tool[] = [askPeople, readAnswer];

import type { Operation } from '../operation.ts';
import { OFFER, offering, problem, SEQ, used } from '../samples.ts';

const path = { slug: 'team', seq: SEQ.erased, action: OFFER.id };

/** Actions that bots put under messages. */
export const actionsTable: readonly Operation[] = [
  {
    id: 'useAction',
    method: 'post',
    path: '/groups/{slug}/messages/{seq}/actions/{action}',
    tag: 'Actions',
    access: 'member',
    summary: 'Use an action of a message',
    description:
      'Presses a button or sends a form that a bot has put under its message (`actions` of a message). The bot is told, and may answer by editing the message. Of people who do it at the same time, as many succeed as the action allows.',
    headers: ['Idempotency-Key'],
    body: { schema: 'ActionUse', form: 'ActionUseForm', media: ['json', 'form', 'multipart'], optional: true },
    responses: { 200: { description: 'The message as it is now.', schema: 'Message', media: ['json', 'text'] } },
    problems: {
      403: 'It is for others, or the group is archived.',
      409: 'It cannot be used, or not any more: it was used or ended, the bot has taken it away, or the message is erased. `message` has it as it is now.',
      422: 'A value is missing or not as its field asks, or the key stands for something else.',
      429: '',
    },
    examples: [
      {
        title: 'Approve',
        path,
        body: { media: 'json', value: { values: {} } },
        status: 200,
        answer: { media: 'json', value: offering(28, used) },
      },
      {
        title: 'Approve again',
        path,
        status: 409,
        answer: {
          media: 'json',
          value: { ...problem(409, 'Conflict', 'conflict', 'You have already done this.', 'action'), message: offering(28, used) },
        },
      },
    ],
  },
];

import { deliveriesQuery } from '../../bots/forms.ts';
import type { Operation } from '../operation.ts';
import { ATTEMPT, BOT, delivery, problem } from '../samples.ts';

const DELIVERIES = '/groups/{slug}/bots/{bot}/deliveries';
const path = { slug: 'team', bot: BOT.id };
const one = { ...path, delivery: 'DELIVERY' };
const WHO = 'For who manages the group; a bot may do it for itself, with its own token.';
const FORBIDDEN = 'You do not manage the group, or the bot is also in other groups.';

/** Deliveries of outgoing webhooks. */
export const deliveriesTable: readonly Operation[] = [
  {
    id: 'listDeliveries',
    method: 'get',
    path: DELIVERIES,
    tag: 'Deliveries',
    access: 'moderator',
    summary: 'List the deliveries to a bot',
    description: `Of the last 14 days, newest first. ${WHO}`,
    query: deliveriesQuery,
    responses: { 200: { description: 'A page of deliveries, without bodies.', schema: 'DeliveryPage', media: ['json'] } },
    problems: { 400: '', 403: FORBIDDEN, 422: '' },
    examples: [
      { title: 'Deliveries', path, status: 200, answer: { media: 'json', value: { deliveries: [delivery()], older: null } } },
      {
        title: 'Before an expired delivery',
        path,
        query: { before: 'msg_0' },
        status: 404,
        answer: {
          media: 'json',
          value: problem(404, 'Not Found', 'notFound', 'This bot has no such delivery, or it has expired.'),
        },
      },
    ],
  },
  {
    id: 'readDelivery',
    method: 'get',
    path: `${DELIVERIES}/{delivery}`,
    tag: 'Deliveries',
    access: 'moderator',
    summary: 'Read one delivery with its attempts',
    description: `Bodies are shown to members of the delivery's group; others see their length. ${WHO}`,
    responses: { 200: { description: 'The delivery.', schema: 'DeliveryDetail', media: ['json'] } },
    problems: { 403: FORBIDDEN },
    examples: [
      {
        title: 'A delivery of which the message is gone',
        path: one,
        status: 200,
        answer: {
          media: 'json',
          value: { ...delivery(), request: { reason: 'The log has no such entry.', bytes: null }, attempts: [ATTEMPT] },
        },
      },
    ],
  },
  {
    id: 'sendDeliveryAgain',
    method: 'post',
    path: `${DELIVERIES}/{delivery}/again`,
    tag: 'Deliveries',
    access: 'moderator',
    summary: 'Send a delivery again',
    description: `Only if it has ended. Keeps its webhook-id; sends the current version of the message. ${WHO}`,
    responses: { 202: { description: 'Queued.', schema: 'Delivery', media: ['json'] } },
    problems: { 403: FORBIDDEN, 409: 'It is not finished, or the webhook is disabled.' },
    examples: [{ title: 'Send again', path: one, status: 202, answer: { media: 'json' } }],
  },
];

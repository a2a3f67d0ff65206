import type { Operation } from '../operation.ts';
import { GROUP, MINTED } from '../samples.ts';

const HOOKED = '/hooks/{token}/messages/{message}';
const hooked = { token: 'TOKEN', message: 29 };
const DISCORD = { description: 'The message, in Discord’s shape.', schema: 'DiscordMessage', media: ['json'] } as const;

/** Incoming webhooks. */
export const webhooksTable: readonly Operation[] = [
  {
    id: 'deliver',
    method: 'post',
    path: '/hooks/{token}',
    tag: 'Webhooks',
    access: 'public',
    summary: 'Post by webhook',
    description:
      'The URL is all that is needed. What clients of Slack, Mattermost, Rocket.Chat, Discord and many others send is understood, at this URL and at those that they insist on (`/services/…`, `/api/webhooks/…`); docs/bots.md has the list. `PUT` does the same. A browser that opens the URL is shown how to use it.',
    headers: ['Idempotency-Key'],
    body: { schema: 'WebhookDelivery', media: ['json', 'text', 'form', 'multipart'] },
    responses: {
      200: {
        description: 'Stored for good: `ok`, or JSON for `Accept: application/json` alone.',
        schema: 'WebhookReceipt',
        media: ['text', 'json'],
      },
    },
    problems: {
      403: 'It is to be signed, and is not.',
      409: '',
      410: 'The group is archived.',
      413: '',
      415: 'An unknown Content-Encoding.',
      422: 'The key stands for another body.',
      429: '',
    },
    examples: [
      {
        title: 'A line',
        path: { token: 'TOKEN' },
        body: { media: 'text', value: 'Disk 91% full on db1' },
        status: 200,
        answer: { media: 'text', value: 'ok' },
      },
      {
        title: 'As Slack’s clients do',
        path: { token: 'TOKEN' },
        body: { media: 'json', value: { text: 'Build 7 *passed*', username: 'ci' } },
        status: 200,
        answer: {
          media: 'json',
          value: { ok: true, success: true, id: `${GROUP.id}-29`, seq: 29, url: `${MINTED.origin}/groups/team/messages/29` },
        },
      },
    ],
  },
  {
    id: 'readDelivered',
    method: 'get',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Read what a webhook posted',
    description:
      'As Discord’s clients do, also at `/api/webhooks/{id}/{token}/messages/{message}`. The id is the one that posting answered in Discord’s shape.',
    responses: { 200: DISCORD },
    examples: [{ title: 'Read', path: hooked, status: 200, answer: { media: 'json' } }],
  },
  {
    id: 'editDelivered',
    method: 'patch',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Edit what a webhook posted',
    body: { schema: 'WebhookDelivery', media: ['json', 'form', 'multipart'] },
    responses: { 200: DISCORD },
    problems: { 403: 'It is to be signed, and is not.', 429: '' },
    examples: [
      {
        title: 'Edit',
        path: hooked,
        body: { media: 'json', value: { content: 'Build 7 passed at last' } },
        status: 200,
        answer: { media: 'json' },
      },
    ],
  },
  {
    id: 'eraseDelivered',
    method: 'delete',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Erase what a webhook posted',
    responses: { 204: { description: 'Erased.', media: ['none'] } },
    problems: { 403: 'It is to be signed, and is not.', 429: '' },
    examples: [{ title: 'Erase', path: hooked, status: 204, answer: { media: 'none' } }],
  },
];

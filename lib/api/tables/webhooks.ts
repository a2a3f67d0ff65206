import { postQuery } from '../../messages/forms.ts';
import type { Operation } from '../operation.ts';
import { GROUP, MINTED } from '../samples.ts';

const HOOK = '/hooks/{token}';
const HOOKED = `${HOOK}/messages/{message}`;
const hook = { token: 'TOKEN' };
const unknown = { token: 'UNKNOWN' };
const hooked = { token: 'TOKEN', message: 30 };
const DISCORD = { description: 'The message, in Discord’s format.', schema: 'DiscordMessage', media: ['json'] } as const;
const UNSIGNED = 'Signature missing or invalid.';
const NO_HOOK = 'There is no such webhook.';

const receipt = (seq: number) => ({
  ...{ ok: true, success: true, id: `${GROUP.id}-${seq}`, seq },
  url: `${MINTED.origin}/groups/team/messages/${seq}`,
});

/** The common fields of POST and PUT. */
const delivery = {
  path: HOOK,
  tag: 'Webhooks',
  access: 'public',
  query: postQuery,
  headers: ['Idempotency-Key'],
  body: { schema: 'WebhookDelivery', media: ['json', 'text', 'form', 'multipart'] },
  responses: {
    200: {
      description:
        'Stored: `ok`. As JSON if `Accept` is `application/json` only; in Discord’s format for `?wait=true` and for files from its clients.',
      schema: ['WebhookReceipt', 'DiscordMessage'],
      media: ['text', 'json'],
    },
    204: { description: 'Stored, for clients with Discord’s format.', media: ['none'] },
  },
  errors: 'webhook',
  problems: {
    400: 'The body cannot be read, or has nothing to show.',
    403: UNSIGNED,
    404: NO_HOOK,
    409: '',
    410: 'The group is archived, or the bot is not in it any more.',
    413: '',
    415: '',
    422: 'The idempotency key belongs to another body, the group has no message `reply_to`, or `actions` are not valid.',
    429: '',
  },
} as const satisfies Partial<Operation>;

/** Incoming webhooks. */
export const webhooksTable: readonly Operation[] = [
  {
    ...delivery,
    id: 'deliver',
    method: 'post',
    summary: 'Post by webhook',
    description:
      'Needs only the URL. Accepts the formats of Slack, Mattermost, Rocket.Chat, Discord and many others, here and at the URLs that their clients require (`/services/…`, `/api/webhooks/…`); docs/bots.md has the list.',
    examples: [
      {
        title: 'A line',
        path: hook,
        body: { media: 'text', value: 'Disk 91% full on db1' },
        status: 200,
        answer: { media: 'text', value: 'ok' },
      },
      {
        title: 'As Slack’s clients do',
        path: hook,
        body: { media: 'json', value: { text: 'Build 7 *passed*', username: 'ci' } },
        status: 200,
        answer: { media: 'json', value: receipt(30) },
      },
      {
        title: 'To an unknown URL',
        path: unknown,
        body: { media: 'text', value: 'Disk 91% full on db1' },
        status: 404,
        answer: { media: 'text', value: 'no_service' },
      },
      {
        title: 'With nothing to show',
        path: hook,
        body: { media: 'json', value: { text: '' } },
        status: 400,
        answer: { media: 'json', value: { ok: false, success: false, error: 'no_text' } },
      },
    ],
  },
  {
    ...delivery,
    id: 'deliverByPut',
    method: 'put',
    summary: 'Post by webhook, with PUT',
    description: 'The same as POST.',
    examples: [
      {
        title: 'A line, with PUT',
        path: hook,
        body: { media: 'text', value: 'Disk 92% full on db1' },
        status: 200,
        answer: { media: 'text', value: 'ok' },
      },
    ],
  },
  {
    id: 'describeHook',
    method: 'get',
    path: HOOK,
    tag: 'Webhooks',
    access: 'public',
    summary: 'How to post by a webhook',
    description: 'Posts nothing.',
    responses: { 200: { description: 'Commands to copy, as text or as a page.', media: ['text', 'html'] } },
    errors: 'webhook',
    problems: { 404: NO_HOOK },
    examples: [{ title: 'How to post', path: hook, status: 200, answer: { media: 'text' } }],
  },
  {
    id: 'readDelivered',
    method: 'get',
    path: HOOKED,
    tag: 'Webhooks',
    access: 'public',
    summary: 'Read what a webhook posted',
    description:
      'For Discord clients, also at `/api/webhooks/{id}/{token}/messages/{message}`. The id is the one in the response to the post in Discord’s format.',
    responses: { 200: DISCORD },
    errors: 'discord',
    problems: { 403: UNSIGNED, 404: 'This webhook has no such message.' },
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
    errors: 'discord',
    problems: {
      400: '',
      403: UNSIGNED,
      404: 'This webhook has no such message.',
      410: 'The group is archived.',
      413: '',
      415: '',
      429: '',
    },
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
    errors: 'discord',
    problems: {
      400: '',
      403: UNSIGNED,
      404: 'This webhook has no such message.',
      410: 'The group is archived.',
      413: '',
      415: '',
      429: '',
    },
    examples: [{ title: 'Erase', path: hooked, status: 204, answer: { media: 'none' } }],
  },
];

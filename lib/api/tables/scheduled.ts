import { scheduleQuery } from '../../scheduled/forms.ts';
import type { Operation } from '../operation.ts';
import { AT, LATER, MINTED } from '../samples.ts';
import type { Sample } from '../schemas.ts';

const slug = 'team';
const ONE = '/scheduled/{scheduled}';

const scheduled = (id: string, body: string, more: Partial<Sample<'Scheduled'>> = {}): Sample<'Scheduled'> => ({
  ...{ id, kind: 'message', group: slug, about: null, body, format: 'text', reply_to: null, at: LATER, created_at: AT },
  ...{ state: 'waiting', failure: null, url: `/scheduled/${id}` },
  ...more,
});

/** Messages that are sent later. `SCHEDULED` stands for the id of one that the bot has scheduled. */
export const scheduledTable: readonly Operation[] = [
  {
    id: 'scheduleMessage',
    method: 'post',
    path: '/groups/{slug}/scheduled',
    tag: 'Scheduled',
    access: 'member',
    summary: 'Schedule a message',
    description:
      'It is posted once when its time has come, with the rights that you have then. If that is not possible, it stays in your list with the reason. You may have 100 scheduled messages.',
    query: scheduleQuery,
    headers: ['Idempotency-Key'],
    body: { schema: 'NewScheduled', media: ['json', 'text', 'markdown', 'form', 'multipart'] },
    responses: {
      201: {
        description: 'Scheduled. As text: its URL.',
        schema: 'Scheduled',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the scheduled message.' },
      },
      200: { description: 'Scheduled before, with the same key.', schema: 'Scheduled', media: ['json', 'text'] },
    },
    problems: {
      403: 'The group is archived.',
      409: 'The key was used with another text.',
      410: 'A message with this key was sent already.',
      413: '',
      422: 'The text is empty; `at` is past, more than a year ahead or without a zone; there is no message `reply_to`; or you have 100 scheduled messages (`field` is `scheduled`).',
      429: '',
    },
    examples: [
      {
        title: 'Send it at noon',
        path: { slug },
        headers: { 'Idempotency-Key': 'stand-up-1' },
        body: { media: 'json', value: { body: 'Stand-up in five minutes', at: LATER } },
        status: 201,
        answer: { media: 'json', value: scheduled(MINTED.scheduled, 'Stand-up in five minutes') },
      },
    ],
  },
  {
    id: 'listScheduled',
    method: 'get',
    path: '/scheduled',
    tag: 'Scheduled',
    access: 'token',
    summary: 'List your scheduled messages',
    description: 'Those that wait, and those that could not be sent; by their times. Nobody else sees them.',
    responses: { 200: { description: 'The messages. As text: a line for each.', schema: 'ScheduledPage', media: ['json', 'text'] } },
    examples: [{ title: 'All', status: 200, answer: { media: 'json' } }],
  },
  {
    id: 'readScheduled',
    method: 'get',
    path: ONE,
    tag: 'Scheduled',
    access: 'token',
    summary: 'Read a scheduled message',
    responses: { 200: { description: 'The message. As text: one line.', schema: 'Scheduled', media: ['json', 'text'] } },
    problems: { 404: 'There is none, or it was sent.' },
    examples: [
      {
        title: 'Read it',
        path: { scheduled: 'SCHEDULED' },
        status: 200,
        answer: { media: 'json', value: scheduled('SCHEDULED', 'Back at nine') },
      },
    ],
  },
  {
    id: 'changeScheduled',
    method: 'patch',
    path: ONE,
    tag: 'Scheduled',
    access: 'token',
    summary: 'Change a scheduled message',
    description: 'Its text or its time. One that could not be sent is tried again at its new time.',
    body: { schema: 'ScheduledChange', media: ['json', 'text', 'form', 'multipart'] },
    responses: { 200: { description: 'The message as it is now. As text: its URL.', schema: 'Scheduled', media: ['json', 'text'] } },
    problems: { 404: 'There is none, or it was sent.', 409: 'It is being sent just now, or was sent.', 413: '', 422: '' },
    examples: [
      {
        title: 'Another text',
        path: { scheduled: 'SCHEDULED' },
        body: { media: 'json', value: { body: 'Back at ten' } },
        status: 200,
        answer: { media: 'json', value: scheduled('SCHEDULED', 'Back at ten') },
      },
    ],
  },
  {
    id: 'cancelScheduled',
    method: 'delete',
    path: ONE,
    tag: 'Scheduled',
    access: 'token',
    summary: 'Cancel a scheduled message',
    description: 'It will not be sent. Removes also one that could not be sent.',
    responses: { 204: { description: 'It is gone.', media: ['none'] } },
    problems: { 404: 'There is none, or it was sent.', 409: 'It is being sent just now, or was sent.' },
    examples: [{ title: 'Cancel', path: { scheduled: 'SCHEDULED' }, status: 204, answer: { media: 'none' } }],
  },
];

import type { Operation } from '../operation.ts';
import { MINTED } from '../samples.ts';
import type { Sample } from '../schemas.ts';

const DRAFTS = '/groups/{slug}/drafts';
const DRAFT = `${DRAFTS}/{draft}`;
const slug = 'team';
const AWAY = 'Redis does not answer: drafts need it where several processes share it.';

const draft = (id: string, rev: number, bytes: number): Sample<'Draft'> => ({
  ...{ id, group: slug, rev, bytes, format: 'markdown', reply_to: null },
  url: `/groups/${slug}/drafts/${id}`,
});

/** Messages that are shown while they are written. `DRAFT` stands for the id of one that the bot has begun. */
export const draftsTable: readonly Operation[] = [
  {
    id: 'beginDraft',
    method: 'post',
    path: DRAFTS,
    tag: 'Drafts',
    access: 'member',
    summary: 'Begin a draft',
    description:
      'The group sees it below the last message, with your name, while you write it. It is stored nowhere, and ends after 60 s without an update. It counts as the post that it becomes.',
    body: { schema: 'NewDraft', media: ['json', 'text', 'markdown', 'form', 'multipart'], optional: true },
    responses: {
      201: {
        description: 'Begun. As text: its URL.',
        schema: 'Draft',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the draft.' },
      },
    },
    problems: {
      403: 'The group is archived.',
      413: '',
      422: 'There is no message `reply_to`.',
      429: 'Too many posts; or you have 5 open drafts in the group, or the group has 20 (`field` is `drafts`).',
      503: AWAY,
    },
    examples: [
      {
        title: 'Begin with a word',
        path: { slug },
        body: { media: 'json', value: { body: 'Hm', format: 'markdown' } },
        status: 201,
        answer: { media: 'json', value: draft(MINTED.draft, 1, 2) },
      },
    ],
  },
  {
    id: 'updateDraft',
    method: 'patch',
    path: DRAFT,
    tag: 'Drafts',
    access: 'member',
    summary: 'Write on',
    description:
      'Adds to the text (`append`) or replaces it (`body`), 20 times a second at most. Readers get the newest text ten times a second at most.',
    body: { schema: 'DraftChange', media: ['json', 'text', 'form', 'multipart'] },
    responses: { 200: { description: 'The draft as it is now. As text: its URL.', schema: 'Draft', media: ['json', 'text'] } },
    problems: {
      403: 'The group is archived.',
      409: 'Other updates of the draft arrived at the same time.',
      410: 'It was committed or deleted, or had no update for 60 s.',
      413: '',
      429: 'More than 20 updates of this draft in a second.',
      503: AWAY,
    },
    examples: [
      {
        title: 'Add to it',
        path: { slug, draft: 'DRAFT' },
        body: { media: 'json', value: { append: ', **fifteen**' } },
        status: 200,
        answer: { media: 'json', value: draft('DRAFT', 2, 23) },
      },
    ],
  },
  {
    id: 'commitDraft',
    method: 'post',
    path: `${DRAFT}/commit`,
    tag: 'Drafts',
    access: 'member',
    summary: 'Post a draft',
    description:
      'It becomes one message, which is posted as any other. However often it is committed, one message is posted, whose text is that of the first commit. With the complete text as `body` it is posted also when the draft has ended, or while Redis does not answer.',
    body: { schema: 'DraftCommit', media: ['json', 'text', 'markdown', 'form', 'multipart'], optional: true },
    responses: {
      201: {
        description: 'Stored durably. As text: its URL.',
        schema: 'WrittenMessage',
        media: ['json', 'text'],
        headers: { Location: 'The URL of the message.' },
      },
      200: { description: 'Committed before: the message as it is now.', schema: 'WrittenMessage', media: ['json', 'text'] },
    },
    problems: {
      403: 'The group is archived.',
      410: 'The draft has ended, and the request has no `body`.',
      413: '',
      422: 'Nothing to see in it, or there is no message `reply_to`.',
      429: '',
      503: 'The database does not answer; or Redis does not, and the request has no `body`. It is safe to repeat the request.',
    },
    examples: [{ title: 'Post it', path: { slug, draft: 'DRAFT' }, status: 201, answer: { media: 'json' } }],
  },
  {
    id: 'endDraft',
    method: 'delete',
    path: DRAFT,
    tag: 'Drafts',
    access: 'member',
    summary: 'Discard a draft',
    description: 'Nothing is posted. Does nothing when it has ended.',
    responses: { 204: { description: 'It is gone.', media: ['none'] } },
    problems: { 503: AWAY },
    examples: [{ title: 'Discard', path: { slug, draft: MINTED.draft }, status: 204, answer: { media: 'none' } }],
  },
];

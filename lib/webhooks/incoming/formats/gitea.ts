import type { RichContentInput } from '../../../markup/rich-content.ts';
import { eventLine } from './github.ts';
import { type HeaderOf, lookUp, objectIn, type Parsed } from './read.ts';

/** Names that Gitea, Forgejo and Gogs have for events that GitHub calls otherwise. */
const SAME: Readonly<Record<string, string>> = {
  pull_request_comment: 'issue_comment',
  pull_request_approved: 'pull_request_review',
  pull_request_rejected: 'pull_request_review',
  pull_request_review_approved: 'pull_request_review',
  pull_request_review_rejected: 'pull_request_review',
  pull_request_review_comment: 'pull_request_review',
  pull_request_sync: 'pull_request',
  pull_request_assign: 'pull_request',
  pull_request_label: 'pull_request',
  issue_assign: 'issues',
  issue_label: 'issues',
};
const STATES: Readonly<Record<string, string>> = { approved: 'approved', rejected: 'changes_requested' };

/** A delivery of a webhook of Gitea, Forgejo or Gogs as one line. They send GitHub's header too, so that this one is asked first. */
export function gitea(header: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const [name, event] = header('x-forgejo-event')
    ? ['Forgejo', header('x-forgejo-event')]
    : ['Gitea', header('x-gitea-event') || header('x-gogs-event')];
  if (event === '') return undefined;
  const precise = header('x-gitea-event-type') || event;
  const known = lookUp(SAME, precise) ?? lookUp(SAME, event) ?? event;
  const state = lookUp(STATES, precise.split('_').at(-1));
  const review = state === undefined ? value.review : { ...objectIn(value.review), state };
  return { name, text: eventLine(known, { ...value, review }) };
}

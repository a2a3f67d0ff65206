import type { RichContentInput } from '../../../markup/rich-content.ts';
import { eventLine } from './github.ts';
import { type HeaderOf, lookUp, objectIn, type Parsed } from './read.ts';

/** Event names of Gitea, Forgejo and Gogs → the corresponding names of GitHub. */
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

/** A delivery of Gitea, Forgejo or Gogs as one line. They also send GitHub's header, so this format is tried before GitHub's. */
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

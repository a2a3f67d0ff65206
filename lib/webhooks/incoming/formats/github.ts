import { codeSpan } from '../../../markup/markdown.ts';
import type { RichContentInput } from '../../../markup/rich-content.ts';
import { actor, excerpt, numbered, outcomeMark, pullVerb, pushed, refOf, repository, shaOf, verbOf } from './forge.ts';
import { link, plain, short } from './markup.ts';
import { at, firstText, type HeaderOf, type JsonObject, lookUp, objectIn, type Parsed, textIn } from './read.ts';

/** A delivery of a GitHub webhook (`X-GitHub-Event`) as one line. */
export function github(header: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const event = header('x-github-event');
  return event === '' ? undefined : { name: 'GitHub', text: eventLine(event, value) };
}

/** The line of an event of GitHub or Gitea; an unknown event gets a generic line. */
export const eventLine = (event: string, value: JsonObject): string => (lookUp(EVENTS, event) ?? other(event))(value);

type RenderLine = (value: JsonObject) => string;

const here = (value: JsonObject): string => ` in ${repository(value)}`;
const did = (value: JsonObject, noun: string, thing: string): string => `${actor(value)} ${verbOf(value)} ${noun} ${thing}${here(value)}`;

const comment =
  (noun: string, field: string): RenderLine =>
  (value) => {
    const { html_url, body } = objectIn(value.comment);
    const verb = value.action === 'created' || value.action === undefined ? 'commented on' : `${verbOf(value)} a comment on`;
    return `${actor(value)} ${verb} ${noun} ${numbered(objectIn(value[field]), html_url)}${here(value)}${excerpt(body)}`;
  };

const review: RenderLine = (value) => {
  const { html_url, body, state, content } = objectIn(value.review);
  const verbs: Readonly<Record<string, string>> = {
    approved: 'approved',
    changes_requested: 'requested changes to',
    dismissed: 'dismissed a review of',
  };
  const verb = lookUp(verbs, textIn(state)?.toLowerCase()) ?? 'reviewed';
  return `${actor(value)} ${verb} pull request ${numbered(objectIn(value.pull_request), html_url)}${here(value)}${excerpt(body ?? content)}`;
};

/** A run's conclusion, or its status while it has not ended. */
const run =
  (field: string): RenderLine =>
  (value) => {
    const one = objectIn(value[field]);
    const state = firstText(one.conclusion, one.status, value.action) ?? 'ran';
    const name = firstText(one.name, one.display_title, one.workflow_name, at(one, 'app', 'name')) ?? 'Run';
    const number = firstText(one.run_number);
    const branch = textIn(one.head_branch);
    const where = branch === undefined ? '' : ` on ${codeSpan(branch)}`;
    const what = link(`${name}${number === undefined ? '' : ` #${number}`}`, firstText(one.html_url, one.details_url, one.target_url));
    return `${outcomeMark(state)}${what} ${plain(state.replaceAll('_', ' '))}${where}${here(value)}${excerpt(at(one, 'head_commit', 'message'))}`;
  };

const refChange =
  (verb: string): RenderLine =>
  (value) =>
    `${actor(value)} ${verb} ${textIn(value.ref_type) === 'tag' ? 'tag' : 'branch'} ${codeSpan(refOf(value.ref).name)}${here(value)}`;

const EVENTS: Readonly<Record<string, RenderLine>> = {
  ping: (value) => `The webhook of ${repository(value)} works${excerpt(value.zen)}`,
  push: pushed,
  create: refChange('created'),
  delete: refChange('deleted'),
  issues: (value) => did(value, 'issue', numbered(objectIn(value.issue))),
  pull_request: (value) => {
    const pull = objectIn(value.pull_request);
    return `${actor(value)} ${pullVerb(value)} pull request ${numbered(pull)}${here(value)}`;
  },
  issue_comment: (value) =>
    comment(at(value, 'issue', 'pull_request') || value.is_pull === true ? 'pull request' : 'issue', 'issue')(value),
  pull_request_review: review,
  pull_request_review_comment: comment('pull request', 'pull_request'),
  commit_comment: (value) => {
    const { html_url, commit_id, body } = objectIn(value.comment);
    return `${actor(value)} commented on ${link(`commit ${shaOf({ id: commit_id })}`, html_url)}${here(value)}${excerpt(body)}`;
  },
  release: (value) => {
    const { name, tag_name, html_url } = objectIn(value.release);
    return did(value, 'release', link(firstText(name, tag_name) ?? 'unnamed', html_url));
  },
  workflow_run: run('workflow_run'),
  workflow_job: run('workflow_job'),
  check_run: run('check_run'),
  check_suite: run('check_suite'),
  status: (value) =>
    `${outcomeMark(value.state)}${link(textIn(value.context) ?? 'Status', value.target_url)} ${short(value.state)}${here(value)}${excerpt(value.description)}`,
  deployment_status: (value) => {
    const { state, environment, target_url, description } = objectIn(value.deployment_status);
    return `${outcomeMark(state)}Deployment to ${link(textIn(environment) ?? 'an environment', target_url)} ${short(state)}${here(value)}${excerpt(description)}`;
  },
  fork: (value) => {
    const { full_name, html_url } = objectIn(value.forkee);
    return `${actor(value)} forked ${repository(value)} to ${link(textIn(full_name) ?? 'a repository', html_url)}`;
  },
  star: (value) => `${actor(value)} ${value.action === 'deleted' ? 'unstarred' : 'starred'} ${repository(value)}`,
  discussion: (value) => did(value, 'discussion', numbered(objectIn(value.discussion))),
  discussion_comment: comment('discussion', 'discussion'),
};

const other =
  (event: string): RenderLine =>
  (value) =>
    `${actor(value)}: ${plain(event.replaceAll('_', ' ').slice(0, 80))}${textIn(value.action) ? ` ${verbOf(value)}` : ''}${here(value)}`;

import { codeSpan } from '../../../markup/markdown.ts';
import type { RichContentInput } from '../../../markup/rich-content.ts';
import { excerpt, outcomeMark, pushed, refOf } from './forge.ts';
import { link, plain, short } from './markup.ts';
import { at, firstText, type HeaderOf, type JsonObject, lookUp, objectIn, type Parsed, textIn } from './read.ts';

/** A delivery of a GitLab webhook (`X-Gitlab-Event`, or its `object_kind` with a project) as one line. */
export function gitlab(header: HeaderOf, { value }: Parsed): RichContentInput | undefined {
  const kind = textIn(value.object_kind) ?? textIn(value.event_name);
  const isOurs =
    header('x-gitlab-event') !== '' || (kind !== undefined && value.project !== undefined && value.object_attributes !== undefined);
  if (!isOurs) return undefined;
  return { name: 'GitLab', text: (lookUp(EVENTS, kind) ?? other)(value) };
}

type RenderLine = (value: JsonObject) => string;

const who = (value: JsonObject): string =>
  plain(firstText(at(value, 'user', 'name'), value.user_name, at(value, 'user', 'username'), value.user_username) ?? 'Somebody');

function project(value: JsonObject): string {
  const { path_with_namespace, name, web_url, homepage } = objectIn(value.project);
  return link(firstText(path_with_namespace, name) ?? 'a project', firstText(web_url, homepage, at(value, 'repository', 'homepage')));
}

/** Converts GitLab's push event to GitHub's format. */
const push: RenderLine = (value) => {
  const web = textIn(at(value, 'project', 'web_url'));
  const { path_with_namespace, name } = objectIn(value.project);
  return pushed({
    ...value,
    sender: { login: firstText(value.user_name, value.user_username) },
    repository: { full_name: firstText(path_with_namespace, name), html_url: web },
    total_commits: value.total_commits_count,
    compare: web && `${web}/-/compare/${short(value.before)}...${short(value.after)}`,
  });
};

const VERBS: Readonly<Record<string, string>> = {
  open: 'opened',
  close: 'closed',
  reopen: 'reopened',
  update: 'updated',
  merge: 'merged',
  approved: 'approved',
  approval: 'approved',
  unapproved: 'revoked the approval of',
  unapproval: 'revoked the approval of',
};
const verb = (action: unknown): string => lookUp(VERBS, action) ?? short(action ?? 'changed', 60);

const thing = (kind: string, mark: string): RenderLine => {
  return (value) => {
    const { iid, title, url, action } = objectIn(value.object_attributes);
    return `${who(value)} ${verb(action)} ${kind} ${link(`${mark}${textIn(iid) ?? ''}: ${textIn(title) ?? ''}`, url)} in ${project(value)}`;
  };
};

/** The object that a note comments on. */
function noted(value: JsonObject): string {
  const issue = objectIn(value.issue ?? value.work_item);
  const merge = objectIn(value.merge_request);
  if (textIn(merge.iid)) return `merge request !${textIn(merge.iid)}: ${textIn(merge.title) ?? ''}`;
  if (textIn(issue.iid)) return `issue #${textIn(issue.iid)}: ${textIn(issue.title) ?? ''}`;
  const commit = textIn(at(value, 'commit', 'id'));
  return commit === undefined ? 'a snippet' : `commit ${commit.slice(0, 7)}`;
}

const note: RenderLine = (value) => {
  const { url, note: said } = objectIn(value.object_attributes);
  return `${who(value)} commented on ${link(noted(value), url)} in ${project(value)}${excerpt(said)}`;
};

const pipeline: RenderLine = (value) => {
  const { id, status, ref, url, duration } = objectIn(value.object_attributes);
  const web = textIn(at(value, 'project', 'web_url'));
  const target = textIn(url) ?? (web && `${web}/-/pipelines/${textIn(id) ?? ''}`);
  const time = typeof duration === 'number' ? ` in ${Math.round(duration)} s` : '';
  const what = link(`Pipeline #${textIn(id) ?? ''}`, target);
  return `${outcomeMark(status)}${what} ${short(status)}${time} on ${codeSpan(textIn(ref) ?? '')} in ${project(value)}${excerpt(at(value, 'commit', 'message'))}`;
};

const build: RenderLine = (value) => {
  const web = firstText(at(value, 'project', 'web_url'), at(value, 'repository', 'homepage'));
  const what = link(`Job ${textIn(value.build_name) ?? ''}`, web && `${web}/-/jobs/${textIn(value.build_id) ?? ''}`);
  return `${outcomeMark(value.build_status)}${what} ${short(value.build_status)} on ${codeSpan(textIn(value.ref) ?? '')} in ${link(firstText(value.project_name, at(value, 'project', 'name')) ?? 'a project', web)}`;
};

const EVENTS: Readonly<Record<string, RenderLine>> = {
  push,
  tag_push: push,
  issue: thing('issue', '#'),
  confidential_issue: thing('issue', '#'),
  work_item: thing('work item', '#'),
  merge_request: thing('merge request', '!'),
  note,
  confidential_note: note,
  pipeline,
  build,
  job: build,
  release: (value) =>
    `${verb(value.action) === 'create' ? 'Released' : `Release ${short(value.action)}:`} ${link(firstText(value.name, value.tag) ?? 'unnamed', value.url)} in ${project(value)}`,
  deployment: (value) =>
    `${outcomeMark(value.status)}Deployment to ${link(textIn(value.environment) ?? 'an environment', value.deployable_url)} ${short(value.status)} in ${project(value)}`,
  wiki_page: thing('wiki page', ''),
};

const other: RenderLine = (value) => {
  const kind = firstText(value.object_kind, value.event_name) ?? 'event';
  const { name } = refOf(value.ref);
  return `${who(value)}: ${short(kind.replaceAll('_', ' '), 80)}${name ? ` ${codeSpan(name)}` : ''} in ${project(value)}`;
};

import { codeSpan } from '../../../markup/markdown.ts';
import { link, plain, short } from './markup.ts';
import { at, firstText, type JsonObject, lookUp, numberIn, objectIn, objectsIn, textIn } from './read.ts';

/** Common parts of GitHub and Gitea events, which have the same format. Each function returns a part of one line, as Markdown. */

/** The user who caused the event, linked. */
export function actor(value: JsonObject): string {
  const who = objectIn(value.sender ?? value.pusher);
  const name = firstText(who.login, who.username, who.name, at(value, 'pusher', 'name')) ?? 'Somebody';
  return link(name, who.html_url);
}

/** The repository: `owner/name`, linked. */
export const repository = (value: JsonObject): string => {
  const { full_name, name, html_url } = objectIn(value.repository);
  return link(firstText(full_name, name, at(value, 'organization', 'login')) ?? 'a repository', html_url);
};

/** `#12: title`, linked. */
export const numbered = (thing: JsonObject, url: unknown = thing.html_url): string => {
  const number = firstText(thing.number, thing.index, thing.iid);
  return link([number && `#${number}`, textIn(thing.title)].filter(Boolean).join(': ') || 'it', url);
};

/** The first non-empty line of a text, shortened; empty when there is none. */
export const excerpt = (value: unknown): string => {
  const first = (textIn(value) ?? '').split('\n').find((line) => line.trim() !== '');
  return first === undefined ? '' : `: ${short(first, 240)}`;
};

/** The kind and short name of a git ref. */
export function refOf(ref: unknown): { readonly kind: 'branch' | 'tag'; readonly name: string } {
  const text = textIn(ref) ?? '';
  return { kind: text.startsWith('refs/tags/') ? 'tag' : 'branch', name: text.replace(/^refs\/(?:heads|tags)\//, '') };
}

const isNone = (sha: unknown): boolean => /^0{20,}$/.test(textIn(sha) ?? '');

/** The line of a push, with the message of the last commit. */
export function pushed(value: JsonObject): string {
  const { kind, name } = refOf(value.ref);
  const where = `${kind} ${codeSpan(name)} of ${repository(value)}`;
  if (value.deleted === true || isNone(value.after)) return `${actor(value)} deleted ${where}`;
  const commits = objectsIn(value.commits);
  const last = value.head_commit ?? commits.at(-1);
  if (commits.length === 0) return `${actor(value)} pushed ${where}${excerpt(at(last, 'message'))}`;
  const verb = value.forced === true ? 'force-pushed' : 'pushed';
  const count = Math.max(commits.length, numberIn(value.total_commits));
  const what = count === 1 ? link(`commit ${shaOf(last)}`, at(last, 'url')) : link(`${count} commits`, value.compare ?? value.compare_url);
  return `${actor(value)} ${verb} ${what} to ${where}${excerpt(at(last, 'message'))}`;
}

export const shaOf = (commit: unknown): string => (firstText(at(commit, 'id'), at(commit, 'sha')) ?? '').slice(0, 7);

/** The verb of a pull request event. */
export function pullVerb(value: JsonObject): string {
  const isMerged = at(value, 'pull_request', 'merged') === true;
  if (value.action === 'closed') return isMerged ? 'merged' : 'closed';
  return verbOf(value);
}

const VERBS: Readonly<Record<string, string>> = {
  synchronize: 'pushed to',
  synchronized: 'pushed to',
  review_requested: 'requested a review of',
  ready_for_review: 'marked as ready for review:',
  converted_to_draft: 'converted to draft:',
  auto_merge_enabled: 'enabled auto-merge of',
  unassigned: 'unassigned',
  prereleased: 'pre-released',
  created: 'created',
};

/** The action (`edited`, `label_updated` …) as a verb. */
export const verbOf = ({ action }: JsonObject): string => {
  const word = textIn(action) ?? 'changed';
  return lookUp(VERBS, word) ?? plain(word.replaceAll('_', ' ').slice(0, 60));
};

/** An emoji for a result; empty when it is neither success nor failure. */
export const outcomeMark = (outcome: unknown): string => {
  const word = textIn(outcome) ?? '';
  if (/^(?:success|succeeded|passed)$/.test(word)) return '✅ ';
  return /^(?:failure|failed|error|timed_out|startup_failure)$/.test(word) ? '❌ ' : '';
};

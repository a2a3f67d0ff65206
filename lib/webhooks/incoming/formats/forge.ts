import { codeSpan } from '../../../markup/markdown.ts';
import { link, plain, short } from './markup.ts';
import { at, firstText, type JsonObject, lookUp, numberIn, objectIn, objectsIn, textIn } from './read.ts';

/** What the events of GitHub and Gitea, which has the same shapes, have in common. Each gives a part of one line, as Markdown. */

/** Whoever did it. */
export function actor(value: JsonObject): string {
  const who = objectIn(value.sender ?? value.pusher);
  const name = firstText(who.login, who.username, who.name, at(value, 'pusher', 'name')) ?? 'Somebody';
  return link(name, who.html_url);
}

/** Where: `owner/name`, linked. */
export const repository = (value: JsonObject): string => {
  const { full_name, name, html_url } = objectIn(value.repository);
  return link(firstText(full_name, name, at(value, 'organization', 'login')) ?? 'a repository', html_url);
};

/** `#12: its title`, linked. */
export const numbered = (thing: JsonObject, url: unknown = thing.html_url): string => {
  const number = firstText(thing.number, thing.index, thing.iid);
  return link([number && `#${number}`, textIn(thing.title)].filter(Boolean).join(': ') || 'it', url);
};

/** The first words of a text of several lines, to be read in a line; empty when there are none. */
export const excerpt = (value: unknown): string => {
  const first = (textIn(value) ?? '').split('\n').find((line) => line.trim() !== '');
  return first === undefined ? '' : `: ${short(first, 240)}`;
};

/** What a git ref names, and of which kind. */
export function refOf(ref: unknown): { readonly kind: 'branch' | 'tag'; readonly name: string } {
  const text = textIn(ref) ?? '';
  return { kind: text.startsWith('refs/tags/') ? 'tag' : 'branch', name: text.replace(/^refs\/(?:heads|tags)\//, '') };
}

const isNone = (sha: unknown): boolean => /^0{20,}$/.test(textIn(sha) ?? '');

/** Who pushed what where, with the words of the last commit. */
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

/** What became of a pull request. */
export function pullVerb(value: JsonObject): string {
  const isMerged = at(value, 'pull_request', 'merged') === true;
  if (value.action === 'closed') return isMerged ? 'merged' : 'closed';
  return verbOf(value);
}

const VERBS: Readonly<Record<string, string>> = {
  synchronize: 'pushed to',
  synchronized: 'pushed to',
  review_requested: 'asked for a review of',
  ready_for_review: 'says ready for review:',
  converted_to_draft: 'made a draft of',
  auto_merge_enabled: 'enabled auto-merge of',
  unassigned: 'unassigned',
  prereleased: 'pre-released',
  created: 'created',
};

/** `edited`, `label_updated` … as words. */
export const verbOf = ({ action }: JsonObject): string => {
  const word = textIn(action) ?? 'changed';
  return lookUp(VERBS, word) ?? plain(word.replaceAll('_', ' ').slice(0, 60));
};

/** An emoji for how something ended. */
export const outcomeMark = (outcome: unknown): string => {
  const word = textIn(outcome) ?? '';
  if (/^(?:success|succeeded|passed)$/.test(word)) return '✅ ';
  return /^(?:failure|failed|error|timed_out|startup_failure)$/.test(word) ? '❌ ' : '';
};

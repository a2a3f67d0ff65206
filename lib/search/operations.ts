import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { invalid, tooMany } from '../errors.ts';
import { withTitle } from '../groups/direct.ts';
import { groupPages } from '../groups/every-group.ts';
import type { Group } from '../groups/port.ts';
import { mayRead } from '../groups/rules.ts';
import { asGroupId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { foldMessages } from '../log/history.ts';
import { PAGE_WEIGHT, weightOfMessage } from '../log/weight.ts';
import { type CandidateQuery, candidates } from './candidates.ts';
import { matchIn, type Snippet, snippetOf } from './match.ts';
import type { MessagePosition, TermFilter } from './port.ts';
import type { Phrase, SearchQuery } from './query.ts';
import { ANY_MESSAGE_TERM, authorTerm, searchText } from './searchable.ts';

/** A found message with its group. */
export type Found = { readonly group: Group; readonly folded: FoldedMessage; readonly snippet: Snippet };

/** `next`: cursor of the next page, when there may be more: also when the time limit ended a page early. */
export type SearchPage = { readonly found: readonly Found[]; readonly next: string | undefined };

type SearchWindow = { readonly cursor?: string | undefined; readonly limit: number };

export const MAX_FOUND = 50;
/** Candidates read for one page: only few of the messages that contain all words may contain the phrase. */
const MAX_READ = 400;
/** Candidates per read for queries with phrases: all at once, since each read looks up every word in every group. */
const PHRASE_CANDIDATES = MAX_READ;
const MAX_MS = 800;
const [PER_SECOND, BURST] = [2, 30];
const MAX_NAMES = 10;

/**
 * Searches the groups of this user, newest first. Groups that the user has left are never searched, whatever the query names.
 * Errors: `tooMany`; `invalid` (cursor).
 */
export async function search(core: Core, user: User, query: SearchQuery, window: SearchWindow): Promise<SearchPage> {
  return searchIn(core, user, query, window, () => groupsFor(core, user, query));
}

/** As `search`, in all groups, whether the user is in them or not, but in no direct messages: for administrators. */
export async function searchAll(core: Core, user: User, query: SearchQuery, window: SearchWindow): Promise<SearchPage> {
  return searchIn(core, user, query, window, async () => (await allGroups(core)).filter(namedBy(query)));
}

async function searchIn(
  core: Core,
  user: User,
  query: SearchQuery,
  { cursor, limit }: SearchWindow,
  findGroups: () => Promise<Group[]>,
): Promise<SearchPage> {
  const waitMs = core.rateLimiter.take(`search:${user.id}`, PER_SECOND, BURST);
  if (waitMs > 0) throw tooMany(t`Too many searches at once. Wait a moment.`, waitMs);
  const behind = cursor === undefined ? undefined : parseCursor(cursor);
  const [groups, wanted] = await Promise.all([findGroups(), wantedBy(core, user, query)]);
  if (groups.length === 0 || !wanted) return { found: [], next: undefined };
  await core.indexer.catchUp(groups);
  const size = Math.min(Math.max(1, limit), MAX_FOUND);
  const most = hasPhrases(query) ? Math.max(PHRASE_CANDIDATES, size + 1) : size + 1;
  const request = { wanted, from: query.after, to: query.before, behind, limit: most, until: performance.now() + MAX_MS };
  return fillPage(core, user, groups, query, request, size);
}

/** Whether the query has phrases, which the index cannot match: it has the words of a text without their order. */
const hasPhrases = ({ wanted, unwanted }: SearchQuery): boolean => [...wanted, ...unwanted].some(({ terms }) => terms.length > 1);

/** The groups that the user may read and that match `in:`, each with the actual head of its log: with the hint, new messages could be missed. */
async function groupsFor({ store }: Core, user: User, query: SearchQuery): Promise<Group[]> {
  const memberships = new Map((await store.memberships.ofUser(user.id)).map((membership) => [membership.group, membership]));
  const ids = [...memberships.keys()];
  const [groups, heads] = await Promise.all([store.groups.byIds(ids), store.log.heads(ids)]);
  return groups
    .filter((group) => mayRead({ user, group, membership: memberships.get(group.id) }))
    .filter(namedBy(query))
    .map((group) => ({ ...group, head: heads.get(group.id) ?? group.head }));
}

/** Whether a group matches `in:`. */
function namedBy(query: SearchQuery): (group: Group) => boolean {
  const [within, without] = [slugs(query.in), slugs(query.notIn)];
  return ({ slug }) => (query.in.length === 0 || within.has(slug)) && !without.has(slug);
}

/** Every group with the actual head of its log; without direct messages. */
async function allGroups({ store }: Core): Promise<Group[]> {
  const groups: Group[] = [];
  for await (const page of groupPages(store, { kind: 'group' })) {
    const heads = await store.log.heads(page.map(({ id }) => id));
    groups.push(...page.map((group) => ({ ...group, head: heads.get(group.id) ?? group.head })));
  }
  return groups;
}

const slugs = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.toLowerCase()));

/** The filter for the index; undefined when `from:` names only unknown people. */
async function wantedBy(core: Core, user: User, query: SearchQuery): Promise<TermFilter | undefined> {
  const [from, notFrom] = await Promise.all([authors(core, user, query.from), authors(core, user, query.notFrom)]);
  if (query.from.length > 0 && from.length === 0) return undefined;
  const wanted = query.wanted.map(apart);
  const single = query.unwanted.filter(({ terms }) => terms.length === 1).map(apart); // a message may contain single words of an unwanted phrase
  const [all, prefixes] = [wanted.flatMap(({ whole }) => whole), wanted.flatMap(({ begun }) => begun)];
  return {
    // Longest first: long words are rare, and a store may use the first one for its index look-up.
    all: all.length + prefixes.length + from.length === 0 ? [ANY_MESSAGE_TERM] : distinct(all).sort((a, b) => b.length - a.length),
    prefixes: distinct(prefixes),
    any: from,
    none: distinct([...single.flatMap(({ whole }) => whole), ...notFrom]),
    nonePrefixes: distinct(single.flatMap(({ begun }) => begun)),
  };
}

const distinct = (terms: readonly string[]): string[] => [...new Set(terms)];

function apart({ terms, isOpen }: Phrase): { whole: readonly string[]; begun: readonly string[] } {
  return isOpen ? { whole: terms.slice(0, -1), begun: terms.slice(-1) } : { whole: terms, begun: [] };
}

/** The author terms of the named people; `me` is the viewer. */
async function authors({ store }: Core, user: User, names: readonly string[]): Promise<string[]> {
  const keys = names.slice(0, MAX_NAMES).map(nameKey);
  const people = await Promise.all(keys.map(async (key) => (await store.users.byNameKey(key)) ?? (key === 'me' ? user : undefined)));
  return distinct(people.flatMap((person) => (person ? [authorTerm(person.id)] : [])));
}

/** Reads candidates until the page is full or weighs PAGE_WEIGHT, there are no more, or a limit is reached. */
async function fillPage(
  core: Core,
  user: User,
  groups: readonly Group[],
  query: SearchQuery,
  first: CandidateQuery,
  size: number,
): Promise<SearchPage> {
  const byId = new Map(groups.map((group) => [group.id, group]));
  const found: Found[] = [];
  let weight = 0;
  const matchAll = (places: readonly MessagePosition[]) =>
    Promise.all(places.map((place) => matchCandidate(core, user, byId.get(place.group), place, query)));
  let matched: readonly (Found | undefined)[] = [];
  let request = first;
  for (let read = 0; ; ) {
    const { places, floor } = await candidates(core, groups, request);
    const isMore = places.length === request.limit;
    for (const [index, place] of places.entries()) {
      if (index % (size + 1) === 0) matched = await matchAll(places.slice(index, index + size + 1));
      const one = matched[index % (size + 1)];
      if (one) found.push(one);
      if (one) weight += weightOfMessage(one.folded);
      if (found.length < size && weight < PAGE_WEIGHT) continue;
      return { found, next: isMore || floor || index + 1 < places.length ? cursorOf(place) : undefined };
    }
    read += places.length;
    const last = places.at(-1);
    if (!isMore) return { found, next: cursorOf(floor) };
    if (read >= MAX_READ || performance.now() > request.until) return { found, next: cursorOf(last) };
    request = { ...request, behind: last };
  }
}

/** Checks a candidate against its current text; undefined when it does not match. */
async function matchCandidate(
  core: Core,
  viewer: User,
  group: Group | undefined,
  place: MessagePosition,
  query: SearchQuery,
): Promise<Found | undefined> {
  const message = await core.store.log.message(place.group, place.seq);
  const [folded] = await foldMessages(core, place.group, message ? [message] : []);
  const snippet = folded && (await core.scheduler.run(() => snippetIn(searchText(folded), query)));
  if (!group || !folded || !snippet) return undefined;
  return { group: await withTitle(core, viewer.id, group), folded, snippet };
}

/** Undefined when the text does not match. */
function snippetIn(text: string, query: SearchQuery): Snippet | undefined {
  const hits = text === '' ? undefined : matchIn(text, query);
  return hits && snippetOf(text, hits);
}

const cursorOf = (place: MessagePosition | undefined): string | undefined => place && `${place.at}-${place.group}-${place.seq}`;

/** Errors: `invalid` (cursor). */
function parseCursor(cursor: string): MessagePosition {
  const [, at, group = '', seq] = /^(\d{1,15})-([0-9a-z]{0,16})-(\d{1,10})$/.exec(cursor) ?? [];
  if (at === undefined) throw invalid('cursor', t`cursor must be the one in \`next\`.`);
  return { at: Number(at), group: asGroupId(group), seq: Number(seq) };
}

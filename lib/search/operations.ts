import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { invalid, tooMany } from '../errors.ts';
import { withTitle } from '../groups/direct.ts';
import type { Group } from '../groups/port.ts';
import { mayRead } from '../groups/rules.ts';
import { asGroupId } from '../ids.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { foldMessages } from '../log/history.ts';
import { type CandidateQuery, candidates } from './candidates.ts';
import { matchIn, type Snippet, snippetOf } from './match.ts';
import type { MessagePosition, TermFilter } from './port.ts';
import type { Phrase, SearchQuery } from './query.ts';
import { ANY_MESSAGE_TERM, authorTerm, searchText } from './searchable.ts';

/** A message that was found, in its group. */
export type Found = { readonly group: Group; readonly folded: FoldedMessage; readonly snippet: Snippet };

/** `next`: the cursor of the page behind this one, where there may be more: also where the time was up before a page was full. */
export type SearchPage = { readonly found: readonly Found[]; readonly next: string | undefined };

type SearchWindow = { readonly cursor?: string | undefined; readonly limit: number };

export const MAX_FOUND = 50;
/** Candidates that are read for one page: a phrase may be in few of those that have its words. */
const MAX_READ = 400;
/** So many at once where most may be none. */
const READ_FOR_PHRASES = 200;
const MAX_MS = 800;
const [PER_SECOND, AT_ONCE] = [2, 30];
const MAX_NAMES = 10;

/**
 * The messages of this user's groups that a query is for, newest first. Who is in no such group any more finds nothing there, whatever the query names.
 * Errors: `tooMany`; `invalid` (cursor).
 */
export async function search(core: Core, user: User, query: SearchQuery, { cursor, limit }: SearchWindow): Promise<SearchPage> {
  const waitMs = core.rateLimiter.take(`search:${user.id}`, PER_SECOND, AT_ONCE);
  if (waitMs > 0) throw tooMany('Too many searches at once. Wait a moment.', waitMs);
  const behind = cursor === undefined ? undefined : placeAt(cursor);
  const [groups, wanted] = await Promise.all([groupsFor(core, user, query), wantedBy(core, user, query)]);
  if (groups.length === 0 || !wanted) return { found: [], next: undefined };
  await core.indexer.catchUp(groups);
  const size = Math.min(Math.max(1, limit), MAX_FOUND);
  const most = hasPhrases(query) ? Math.max(READ_FOR_PHRASES, size + 1) : size + 1;
  const hunt = { wanted, from: query.after, to: query.before, behind, limit: most, until: performance.now() + MAX_MS };
  return fillPage(core, user, groups, query, hunt, size);
}

/** Whether the index alone cannot tell what is found: it knows which words a text has, not how they stand. */
const hasPhrases = ({ wanted, unwanted }: SearchQuery): boolean => [...wanted, ...unwanted].some(({ terms }) => terms.length > 1);

/** Those that the user may read now and the query does not leave out, each with the true end of its log: what a hint left out would not be found. */
async function groupsFor({ store }: Core, user: User, query: SearchQuery): Promise<Group[]> {
  const memberships = new Map((await store.memberships.ofUser(user.id)).map((membership) => [membership.group, membership]));
  const ids = [...memberships.keys()];
  const [groups, heads] = await Promise.all([store.groups.byIds(ids), store.log.heads(ids)]);
  const [within, without] = [slugs(query.in), slugs(query.notIn)];
  return groups
    .filter(
      (group) =>
        mayRead({ user, group, membership: memberships.get(group.id) }) &&
        (query.in.length === 0 || within.has(group.slug)) &&
        !without.has(group.slug),
    )
    .map((group) => ({ ...group, head: heads.get(group.id) ?? group.head }));
}

const slugs = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.toLowerCase()));

/** What the index is asked for; undefined when only people are wanted whom nobody knows. */
async function wantedBy(core: Core, user: User, query: SearchQuery): Promise<TermFilter | undefined> {
  const [from, notFrom] = await Promise.all([authors(core, user, query.from), authors(core, user, query.notFrom)]);
  if (query.from.length > 0 && from.length === 0) return undefined;
  const wanted = query.wanted.map(apart);
  const single = query.unwanted.filter(({ terms }) => terms.length === 1).map(apart); // of a phrase each word alone may be there
  const [all, prefixes] = [wanted.flatMap(({ whole }) => whole), wanted.flatMap(({ begun }) => begun)];
  return {
    // Long words are rare, and the first is the one that a store may read by.
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

/** The terms of the people named; `me` is who asks. */
async function authors({ store }: Core, user: User, names: readonly string[]): Promise<string[]> {
  const keys = names.slice(0, MAX_NAMES).map(nameKey);
  const people = await Promise.all(keys.map(async (key) => (await store.users.byNameKey(key)) ?? (key === 'me' ? user : undefined)));
  return distinct(people.flatMap((person) => (person ? [authorTerm(person.id)] : [])));
}

/** Reads candidates, until the page is full, there are no more, or enough was read. */
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
  const lookAll = (places: readonly MessagePosition[]) =>
    Promise.all(places.map((place) => look(core, user, byId.get(place.group), place, query)));
  let looked: readonly (Found | undefined)[] = [];
  let hunt = first;
  for (let read = 0; ; ) {
    const { places, floor } = await candidates(core, groups, hunt);
    const isMore = places.length === hunt.limit;
    for (const [index, place] of places.entries()) {
      if (index % (size + 1) === 0) looked = await lookAll(places.slice(index, index + size + 1));
      const one = looked[index % (size + 1)];
      if (one) found.push(one);
      if (found.length < size) continue;
      return { found, next: isMore || floor || index + 1 < places.length ? cursorOf(place) : undefined };
    }
    read += places.length;
    const last = places.at(-1);
    if (!isMore) return { found, next: cursorOf(floor) };
    if (read >= MAX_READ || performance.now() > hunt.until) return { found, next: cursorOf(last) };
    hunt = { ...hunt, behind: last };
  }
}

/** What a candidate is found by, as it is now; undefined when that is not what is wanted. */
async function look(
  core: Core,
  viewer: User,
  group: Group | undefined,
  place: MessagePosition,
  query: SearchQuery,
): Promise<Found | undefined> {
  const message = await core.store.log.message(place.group, place.seq);
  const [folded] = await foldMessages(core, place.group, message ? [message] : []);
  const text = folded ? searchText(folded) : '';
  const hits = matchIn(text, query);
  if (!group || !folded || !hits || text === '') return undefined;
  return { group: await withTitle(core, viewer.id, group), folded, snippet: snippetOf(text, hits) };
}

const cursorOf = (place: MessagePosition | undefined): string | undefined => place && `${place.at}-${place.group}-${place.seq}`;

/** Errors: `invalid` (cursor). */
function placeAt(cursor: string): MessagePosition {
  const [, at, group = '', seq] = /^(\d{1,15})-([0-9a-z]{0,16})-(\d{1,10})$/.exec(cursor) ?? [];
  if (at === undefined) throw invalid('cursor', 'cursor is not one that a page of results gave.');
  return { at: Number(at), group: asGroupId(group), seq: Number(seq) };
}

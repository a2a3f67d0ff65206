import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { firstSince } from '../log/by-date.ts';
import type { FollowUp, Message } from '../log/entry.ts';
import { fold } from '../log/fold.ts';
import { matchIn } from '../search/match.ts';
import type { SearchQuery } from '../search/query.ts';
import { searchText } from '../search/searchable.ts';

/** Which messages: all conditions that are given must hold. */
export type Criteria = {
  readonly author?: UserId | undefined;
  /** Seqs in the group, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** ms: at or after `after`, before `before`. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** Words and phrases that the text has, now or before an edit. */
  readonly words?: Pick<SearchQuery, 'wanted' | 'unwanted'> | undefined;
};

const AT_ONCE = 200;

/** The messages of a group that meet the criteria and are not erased, oldest first. Reads all between the bounds, and says how many it reads. */
export async function* selectMessages(
  core: Core,
  group: Group,
  criteria: Criteria,
  onRead: (messages: number) => void = () => {},
): AsyncGenerator<Message> {
  const head = await core.store.log.head(group.id);
  const first = criteria.after === undefined ? undefined : await firstSince(core, group.id, head, criteria.after);
  if (criteria.after !== undefined && !first) return;
  for (let n = first?.n ?? 1; n <= head.n; n += AT_ONCE) {
    await core.scheduler.turn();
    const messages = await core.store.log.messages(group.id, n, n + AT_ONCE - 1);
    onRead(messages.length);
    yield* await meeting(core, group, messages, criteria);
    const last = messages.at(-1);
    if (!last || last.at >= (criteria.before ?? Number.POSITIVE_INFINITY) || last.seq > (criteria.to ?? Number.POSITIVE_INFINITY)) return;
  }
}

async function meeting(core: Core, { id }: Group, messages: readonly Message[], criteria: Criteria): Promise<Message[]> {
  const { author, from = 0, to = Number.POSITIVE_INFINITY, before = Number.POSITIVE_INFINITY, words } = criteria;
  const likely = messages.filter(
    (message) => (author === undefined || message.author === author) && message.seq >= from && message.seq <= to && message.at < before,
  );
  if (likely.length === 0) return [];
  const erased = await core.store.log.erasedAmong(
    id,
    likely.map(({ seq }) => seq),
  );
  const standing = likely.filter(({ seq, scrubbed }) => !erased.has(seq) && !scrubbed);
  if (!words || standing.length === 0) return standing;
  const followUps = Map.groupBy(
    await core.store.log.followUps(
      id,
      standing.map(({ seq }) => ({ seq, after: 0 })),
    ),
    ({ target }) => target,
  );
  const found: Message[] = [];
  for (const message of standing)
    if (await core.scheduler.run(() => hasWords(message, followUps.get(message.seq) ?? [], words))) found.push(message);
  return found;
}

/** In its present text with the names of its files, and in each of its earlier texts. */
function hasWords(message: Message, followUps: readonly FollowUp[], words: Pick<SearchQuery, 'wanted' | 'unwanted'>): boolean {
  const { folded: _, ...posted } = message;
  const earlier = followUps.flatMap((entry) => (entry.kind === 'edit' ? [entry.body] : []));
  return [searchText(fold(posted, followUps)), message.body, ...earlier].some((text) => matchIn(text, words) !== undefined);
}

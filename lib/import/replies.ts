import type { GroupId } from '../ids.ts';
import type { Message } from '../log/entry.ts';
import { rootOf } from '../messages/threads/related.ts';
import type { ImportContext } from './context.ts';
import type { StagedMessage, Staging } from './staging.ts';

export type ReplyFields = Pick<Message, 'replyTo' | 'thread'>;

/** Where messages are written. `settled` waits for what is under way; false when nothing is. */
type Place = { readonly channel: string; readonly group: GroupId; readonly settled: () => Promise<boolean> };

/** The fields of a message that answers one which has an entry in its group; none for any other. Errors: those of `settled`, StoreUnavailable. */
export async function replyOf({ core, staging }: ImportContext, place: Place, { replyTo }: StagedMessage['message']): Promise<ReplyFields> {
  if (replyTo === undefined) return {};
  const find = (): number | undefined => staging.find(place.channel, replyTo)?.seq ?? undefined;
  const seq = find() ?? ((await place.settled()) ? find() : undefined);
  const target = seq === undefined ? undefined : await core.store.log.message(place.group, seq);
  return target ? { replyTo: target.seq, thread: rootOf(target) } : {};
}

/** What the texts of a message quote, whose entry has this seq: see answeredBy. That of a reply quotes nothing, but an older version wrote quotations. */
export async function quotedBy({ core, staging }: ImportContext, group: GroupId, of: StagedMessage): Promise<StagedMessage | undefined> {
  if (of.message.replyTo === undefined || of.seq === null) return undefined;
  const entry = await core.store.log.message(group, of.seq);
  return entry?.replyTo === undefined ? answeredBy(staging, of) : undefined;
}

/** What a message answers, unless the message before it is of the same thread. */
export function answeredBy(staging: Staging, { message, ...place }: Omit<StagedMessage, 'seq'>): StagedMessage | undefined {
  if (message.replyTo === undefined) return undefined;
  const last = staging.before(message.channel, place)?.message;
  const isNext = last !== undefined && (last.replyTo ?? last.id) === message.replyTo;
  return isNext ? undefined : staging.find(message.channel, message.replyTo);
}

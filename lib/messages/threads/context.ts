import type { Core } from '../../core.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import type { Line } from '../../log/history.ts';
import { peopleInActions } from '../actions/state.ts';
import { peopleNamed } from '../rendered.ts';
import type { Profiles } from '../system-message.ts';
import { peopleAnswered, type Related, readRelated, readRelatedToNew, UNRELATED } from './related.ts';

/** What presenting messages needs: the profiles of all people named, and what they show of other messages. */
export type RowContext = { readonly profiles: Profiles; readonly related: Related };

/** Ids of all users whose names these rows show. */
export function peopleIn(lines: readonly Line[], related: Related = UNRELATED): Set<UserId> {
  const people = new Set<UserId>();
  for (const line of lines)
    for (const id of line.type === 'message'
      ? [...peopleInMessage(line.folded), ...peopleAnswered(related, line.folded)]
      : peopleInEntry(line.entry))
      people.add(id);
  return people;
}

/** The context of one message. `isNew`: it was just written, so nobody has answered it. Errors: StoreUnavailable. */
export async function contextOf(core: Core, folded: FoldedMessage, isNew = false): Promise<RowContext> {
  const related = await (isNew ? readRelatedToNew(core, folded) : readRelated(core, [folded]));
  return { profiles: await core.directory.profiles(peopleIn([{ type: 'message', folded }], related)), related };
}

/** The context of several lines of one group. Errors: StoreUnavailable. */
export async function contextOfLines(core: Core, lines: readonly Line[]): Promise<RowContext> {
  const folded = lines.flatMap((line) => (line.type === 'message' ? [line.folded] : []));
  const related = await readRelated(core, folded);
  return { profiles: await core.directory.profiles(peopleIn(lines, related)), related };
}

const peopleInMessage = (folded: FoldedMessage): UserId[] => {
  const { message, state } = folded;
  return [
    message.author,
    ...peopleNamed(state),
    ...state.reactions.flatMap((reaction) => reaction.by),
    ...(state.pinned ? [state.pinned.by] : []),
    ...peopleInActions(folded),
  ];
};

const peopleInEntry = (entry: Entry): UserId[] => ('member' in entry ? [entry.author, entry.member] : [entry.author]);

/** The context of several messages of one group. Errors: StoreUnavailable. */
export const contextOfMessages = (core: Core, messages: readonly FoldedMessage[]): Promise<RowContext> =>
  contextOfLines(
    core,
    messages.map((folded) => ({ type: 'message', folded })),
  );

/** The contexts of messages of any groups, by message. Errors: StoreUnavailable. */
export async function contextsOf(core: Core, folded: readonly FoldedMessage[]): Promise<(one: FoldedMessage) => RowContext> {
  const groups = Map.groupBy(folded, ({ message }) => message.group);
  const related = new Map(await Promise.all([...groups].map(async ([id, some]) => [id, await readRelated(core, some)] as const)));
  const relatedTo = ({ message }: FoldedMessage): Related => related.get(message.group) ?? UNRELATED;
  const people = folded.flatMap((one) => [...peopleIn([{ type: 'message', folded: one }], relatedTo(one))]);
  const profiles = await core.directory.profiles(new Set(people));
  return (one) => ({ profiles, related: relatedTo(one) });
}

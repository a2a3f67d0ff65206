import type { ExecutionContext } from 'ava';
import { addMember, createGroup } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import { newUid, systemRandom, type UserId } from '../../lib/ids.ts';
import type { Entry } from '../../lib/log/entry.ts';
import type { Client } from '../helpers/client.ts';
import type { TestOptions } from '../helpers/server.ts';
import { openSite, type Site } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';

/** A site with some more groups, of which Ann is moderator; Bob is in all of them. */
export type Groups = Site & {
  readonly groups: readonly Group[];
  /** A message of Ann's in a group, past every limit on requests. */
  say(group: Group, body: string, mentions?: readonly UserId[]): Promise<Entry>;
  /** Opens a stream of all groups, closed with the test. */
  all(who: Client, query?: string, headers?: Record<string, string>): Promise<EventReader>;
};

export async function openGroups(t: ExecutionContext, names: readonly string[], options: TestOptions = {}): Promise<Groups> {
  const site = await openSite(t, options);
  const { core, annUser, bobUser } = site;
  const groups: Group[] = [];
  for (const name of names) {
    const group = await createGroup(core, annUser, { name });
    await addMember(core, annUser.id, group, bobUser);
    groups.push(group);
  }
  const say = (group: Group, body: string, mentions?: readonly UserId[]): Promise<Entry> =>
    core.appender.append(group.id, {
      kind: 'message',
      author: annUser.id,
      uid: newUid(systemRandom),
      body,
      format: 'text',
      ...(mentions ? { mentions } : {}),
    });
  const all = async (who: Client, query = '', headers: Record<string, string> = {}): Promise<EventReader> => {
    const reader = await EventReader.open(who, `/events${query}`, headers);
    t.teardown(() => reader.close());
    return reader;
  };
  return { ...site, groups, say, all };
}

export type Heard = { readonly group: string; readonly seq: number; readonly kind: string; readonly body?: string };

/** The entries in a stream, as it says them. */
export const entriesIn = (events: readonly StreamEvent[]): Heard[] =>
  events.filter(({ event, data }) => event === 'message' && data !== '').map(({ data }) => JSON.parse(data));

/** The last id, with which a client would come back. */
export const cursorOf = (events: readonly StreamEvent[]): string => events.findLast(({ id }) => id !== undefined)?.id ?? '';

/** What was heard of each group: its seqs in the order in which they came. */
export function seqsIn(heard: readonly Heard[]): Record<string, number[]> {
  const seqs: Record<string, number[]> = {};
  for (const { group, seq } of heard) seqs[group] = [...(seqs[group] ?? []), seq];
  return seqs;
}

import type { ExecutionContext } from 'ava';
import { addMember, createGroup } from '../../lib/groups/operations.ts';
import type { Group } from '../../lib/groups/port.ts';
import { newUid, systemRandom, type UserId } from '../../lib/ids.ts';
import type { Entry } from '../../lib/log/entry.ts';
import type { Client } from '../helpers/client.ts';
import type { TestOptions } from '../helpers/server.ts';
import { openSite, type Site } from '../helpers/site.ts';
import { EventReader, type StreamEvent } from '../helpers/stream.ts';

/** A site with more groups, moderated by Ann, with Bob as a member of each. */
export type Groups = Site & {
  readonly groups: readonly Group[];
  /** Appends a message of Ann to a group, without request limits. */
  postText(group: Group, body: string, mentions?: readonly UserId[]): Promise<Entry>;
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
  const postText = (group: Group, body: string, mentions?: readonly UserId[]): Promise<Entry> =>
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
  return { ...site, groups, postText, all };
}

export type Heard = { readonly group: string; readonly seq: number; readonly kind: string; readonly body?: string };

/** The entries of a stream, as sent. */
export const entriesIn = (events: readonly StreamEvent[]): Heard[] =>
  events.filter(({ event, data }) => event === 'message' && data !== '').map(({ data }) => JSON.parse(data));

/** The last id, the cursor to reconnect with. */
export const cursorOf = (events: readonly StreamEvent[]): string => events.findLast(({ id }) => id !== undefined)?.id ?? '';

/** The seqs received from each group, in order of arrival. */
export function seqsIn(heard: readonly Heard[]): Record<string, number[]> {
  const seqs: Record<string, number[]> = {};
  for (const { group, seq } of heard) seqs[group] = [...(seqs[group] ?? []), seq];
  return seqs;
}

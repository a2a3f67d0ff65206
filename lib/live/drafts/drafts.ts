import { type DraftName, draftIdOf, type OpenDraft } from '../../drafts/draft.ts';
import { discard } from '../../drafts/operations.ts';
import type { DraftEvent } from '../../events.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { FollowerDependencies, Subscriber } from '../follower.ts';
import { mayHaveDrafts } from './frames.ts';
import { GroupDrafts } from './group-drafts.ts';

/** The open drafts of the groups that have streams here: messages that are shown while they are written. Nothing is stored. */
export class Drafts {
  readonly #parts: FollowerDependencies;
  readonly #groups = new Map<GroupId, GroupDrafts>();

  constructor(parts: FollowerDependencies) {
    this.#parts = parts;
  }

  onDraft({ group, user: author, id }: DraftEvent): void {
    this.#of(group).announced({ group, author, id });
  }

  /** To be called when a stream has started. */
  opened(group: GroupId, reader: Subscriber): void {
    if (mayHaveDrafts(reader.listener)) this.#of(group).opened(reader);
  }

  /** Ends the drafts that became messages, and those of members who left or of a group that is read-only now. */
  sent(group: GroupId, entries: readonly Entry[]): void {
    const drafts = this.#groups.get(group);
    if (!drafts) return;
    for (const entry of entries) {
      const id = entry.kind === 'message' ? draftIdOf(entry) : undefined;
      if (id !== undefined) drafts.posted({ group, author: entry.author, id }, entry.seq);
      if (entry.kind === 'leave') this.#endAll(drafts, ({ author }) => author === entry.member);
      if (entry.kind === 'archive' && entry.on) this.#endAll(drafts, () => true);
    }
  }

  /** Ends the drafts of an account that has no access any more. */
  revoked(user: UserId): void {
    for (const drafts of this.#groups.values()) this.#endAll(drafts, ({ author }) => author === user);
  }

  heartbeat(): void {
    for (const [group, drafts] of this.#groups) {
      const [follower] = this.#parts.followersOf(group);
      if (follower) drafts.recheck();
      else this.#forget(group, drafts);
    }
  }

  close(): void {
    for (const [group, drafts] of this.#groups) this.#forget(group, drafts);
  }

  #forget(group: GroupId, drafts: GroupDrafts): void {
    drafts.close();
    this.#groups.delete(group);
  }

  #of(group: GroupId): GroupDrafts {
    const known = this.#groups.get(group);
    if (known) return known;
    const { followersOf, slugOf, ...parts } = this.#parts;
    const drafts = new GroupDrafts({ ...parts, group, followers: () => followersOf(group), slug: () => slugOf(group) ?? '' });
    this.#groups.set(group, drafts);
    return drafts;
  }

  /** Also where every process reads them; each that has streams of the group does so. */
  #endAll(drafts: GroupDrafts, isEnded: (draft: OpenDraft) => boolean): void {
    const remove = (name: DraftName): Promise<void> => discard(this.#parts.core, name).catch((error) => this.#parts.onError(error));
    for (const draft of drafts.end(isEnded)) void remove(draft);
  }
}

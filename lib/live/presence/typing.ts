import type { Core, Profile } from '../../core.ts';
import { TYPING_MS, type TypingEvent } from '../../events.ts';
import type { GroupId, UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { Renderer } from '../batch.ts';
import type { Subscriber } from '../follower.ts';
import { sseFrame } from '../frame.ts';

const GATHER_MS = 50;
/** What comes from an author this soon after their message was on its way before it. */
const HUSH_MS = 1000;
/** More are not named. */
const MAX_NAMED = 4;

type Typist = { isTyping: boolean; timer: NodeJS.Timeout };

type Dependencies = {
  readonly core: Core;
  readonly views: Renderer;
  readonly connectionsOf: (group: GroupId) => Iterable<Subscriber>;
  /** Undefined when no stream here follows the group any more. */
  readonly slugOf: (group: GroupId) => string | undefined;
  readonly onError: (error: unknown) => void;
};

/**
 * Who is writing in the groups that have streams here. Nothing is stored: each word of it runs out by itself, wherever the process that
 * said it went. Streams are told the whole of it when it changes; changes that come together are told once, in a crowd later.
 */
export class Typing {
  readonly #parts: Dependencies;
  readonly #groups = new Map<GroupId, Map<UserId, Typist>>();
  /** Groups about to be told of, and what they were last told. */
  readonly #due = new Set<GroupId>();
  readonly #told = new Map<GroupId, string>();

  constructor(parts: Dependencies) {
    this.#parts = parts;
  }

  /** Somebody writes. It lasts until the event says, by our clock, but never longer than TYPING_MS. */
  onTyping({ group, user, until }: TypingEvent): void {
    const ms = Math.min(until - this.#parts.core.now(), TYPING_MS);
    const present = this.#groups.get(group)?.get(user);
    if (ms > 0 && (present === undefined || present.isTyping)) this.#set(group, user, true, ms);
  }

  /** Who has sent what they wrote, or is out, writes no longer. */
  sent(group: GroupId, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'message') this.#set(group, entry.author, false, HUSH_MS);
      if (entry.kind === 'leave') this.#forget(group, entry.member);
    }
  }

  /** What a stream that has just been opened has to know. */
  opened(group: GroupId, connection: Subscriber): void {
    if (this.#writing(group).length > 0) void this.#tell(group, [connection], false);
  }

  close(): void {
    for (const typists of this.#groups.values()) for (const { timer } of typists.values()) clearTimeout(timer);
    this.#groups.clear();
  }

  #set(group: GroupId, user: UserId, isTyping: boolean, ms: number): void {
    const typists = this.#groups.get(group) ?? new Map<UserId, Typist>();
    this.#groups.set(group, typists);
    const before = typists.get(user);
    clearTimeout(before?.timer);
    typists.set(user, { isTyping, timer: setTimeout(() => this.#forget(group, user), ms).unref() });
    if ((before?.isTyping ?? false) !== isTyping) this.#changed(group);
  }

  #forget(group: GroupId, user: UserId): void {
    const typists = this.#groups.get(group);
    const typist = typists?.get(user);
    if (!typists || !typist) return;
    clearTimeout(typist.timer);
    typists.delete(user);
    if (typists.size === 0) this.#groups.delete(group);
    if (typist.isTyping) this.#changed(group);
  }

  #writing(group: GroupId): UserId[] {
    return [...(this.#groups.get(group) ?? [])].flatMap(([user, { isTyping }]) => (isTyping ? [user] : []));
  }

  #changed(group: GroupId): void {
    if (this.#due.has(group)) return;
    this.#due.add(group);
    const crowd = [...this.#parts.connectionsOf(group)].length;
    setTimeout(() => {
      this.#due.delete(group);
      void this.#tell(group, this.#parts.connectionsOf(group), true);
    }, GATHER_MS + crowd).unref();
  }

  async #tell(group: GroupId, connections: Iterable<Subscriber>, isAll: boolean): Promise<void> {
    try {
      const known = await this.#parts.core.directory.profiles(this.#writing(group));
      const users = this.#writing(group).flatMap((id) => known.get(id) ?? []); // asked again: what is told last is what holds
      const frames = this.#frames(group, users);
      if (isAll && this.#isToldAlready(group, users.length === 0 ? '' : frames.html)) return;
      for (const connection of connections) {
        const { format, filter } = connection.listener;
        if (filter) continue;
        if (format === 'html') connection.write(frames.html);
        else if (format === 'json' || format === 'event') connection.write(frames.json);
      }
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  /** Notes what all are told; '' is what a stream begins with. */
  #isToldAlready(group: GroupId, what: string): boolean {
    const before = this.#told.get(group) ?? '';
    if (what === '') this.#told.delete(group);
    else this.#told.set(group, what);
    return before === what;
  }

  #frames(group: GroupId, users: readonly Profile[]): { readonly html: string; readonly json: string } {
    const several = users.length > MAX_NAMED;
    const typists = several ? [] : users.map(({ id, name }) => ({ id, name }));
    return {
      html: sseFrame(this.#parts.views.render('messages/_typing.njk', { typists, several }).trim()),
      json: sseFrame(JSON.stringify({ group: this.#parts.slugOf(group), users: typists, several }), { event: 'typing' }),
    };
  }
}

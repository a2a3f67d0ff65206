import type { Profile } from '../../core.ts';
import { TYPING_MS, type TypingEvent } from '../../events.ts';
import type { GroupId, UserId } from '../../ids.ts';
import { inLanguage, type Language } from '../../language/current.ts';
import type { Entry } from '../../log/entry.ts';
import type { FollowerDependencies, Subscriber } from '../follower.ts';
import { isHtml, languageOf } from '../formats.ts';
import { sseFrame } from '../frame.ts';

const GATHER_MS = 50;
/** A typing event of an author this soon after their message is ignored: it was sent before the message. */
const HUSH_MS = 1000;
/** When more users type, none is named. */
const MAX_NAMED = 4;

type Typist = { isTyping: boolean; timer: NodeJS.Timeout };

/**
 * Who is typing in the groups that have streams here. Nothing is stored: each event expires by itself, even if its sender dies.
 * Streams are sent the complete state when it changes; changes within GATHER_MS plus 1 ms per stream are sent once.
 */
export class Typing {
  readonly #parts: FollowerDependencies;
  readonly #groups = new Map<GroupId, Map<UserId, Typist>>();
  /** Groups with a scheduled send. */
  readonly #due = new Set<GroupId>();
  readonly #lastSent = new Map<GroupId, string>();

  constructor(parts: FollowerDependencies) {
    this.#parts = parts;
  }

  /** A user types, until the time in the event by the local clock, but at most for TYPING_MS. */
  onTyping({ group, user, until }: TypingEvent): void {
    const ms = Math.min(until - this.#parts.core.now(), TYPING_MS);
    const present = this.#groups.get(group)?.get(user);
    if (ms > 0 && (present === undefined || present.isTyping)) this.#set(group, user, true, ms);
  }

  /** Ends the typing state of authors of messages and of members who left. */
  sent(group: GroupId, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === 'message') this.#set(group, entry.author, false, HUSH_MS);
      if (entry.kind === 'leave') this.#forget(group, entry.member);
    }
  }

  /** Sends the current state to a stream that has just started. */
  opened(group: GroupId, connection: Subscriber): void {
    if (this.#typing(group).length > 0) void this.#send(group, [connection], false);
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

  #typing(group: GroupId): UserId[] {
    return [...(this.#groups.get(group) ?? [])].flatMap(([user, { isTyping }]) => (isTyping ? [user] : []));
  }

  #changed(group: GroupId): void {
    if (this.#due.has(group)) return;
    this.#due.add(group);
    const connections = [...this.#parts.followersOf(group)].length;
    setTimeout(() => {
      this.#due.delete(group);
      void this.#send(group, this.#parts.followersOf(group), true);
    }, GATHER_MS + connections).unref();
  }

  async #send(group: GroupId, connections: Iterable<Subscriber>, isAll: boolean): Promise<void> {
    try {
      const known = await this.#parts.core.directory.profiles(this.#typing(group));
      const users = this.#typing(group).flatMap((id) => known.get(id) ?? []); // read again after the await: the last state sent must be the current one
      const frames = this.#frames(group, users);
      if (isAll && this.#isUnchanged(group, users.length === 0 ? '' : frames.html('en'))) return;
      for (const connection of connections) {
        const { format, filter } = connection.listener;
        if (filter) continue;
        if (isHtml(format)) connection.write(frames.html(languageOf(format)));
        else if (format === 'json' || format === 'event') connection.write(frames.json);
      }
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  /** Records what is sent to all streams, and returns whether it was sent before. '' is the initial state of a stream. */
  #isUnchanged(group: GroupId, what: string): boolean {
    const before = this.#lastSent.get(group) ?? '';
    if (what === '') this.#lastSent.delete(group);
    else this.#lastSent.set(group, what);
    return before === what;
  }

  #frames(group: GroupId, users: readonly Profile[]): { readonly html: (language: Language) => string; readonly json: string } {
    const several = users.length > MAX_NAMED;
    const typists = several ? [] : users;
    const locals = { typists: typists.map(({ id, shownName: name }) => ({ id, name })), several };
    const rendered = new Map<Language, string>();
    const html = (language: Language): string => {
      const render = () => sseFrame(this.#parts.views.render('messages/_typing.njk', locals).trim());
      const frame = rendered.get(language) ?? inLanguage(language, render);
      rendered.set(language, frame);
      return frame;
    };
    return {
      html,
      json: sseFrame(JSON.stringify({ group: this.#parts.slugOf(group), users: typists.map(namedJson), several }), { event: 'typing' }),
    };
  }
}

const namedJson = ({ id, name, shownName }: Profile) => ({ id, name, display_name: shownName });

import { setTimeout as delay } from 'node:timers/promises';
import type { Core, Profile } from '../core.ts';
import { withTitle } from '../groups/direct.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { type Entry, isMessage, type Message } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Device } from './port.ts';
import { noticeOf, recipientsOf } from './rules.ts';
import { SendQueue } from './send-queue.ts';
import { type Push, Sender, type SendOptions } from './sending.ts';

/** Batches of messages that wait to be looked at, and notices that wait to be sent: more are dropped, the oldest first. */
const [MAX_BATCHES, MAX_NOTICES] = [1000, 2000];
const FINISH_WITHIN_MS = 1000;

export type PusherOptions = SendOptions;

/**
 * Tells the devices of members of what this process has written. A bell, no more: it is rung after the message is durable, nobody waits for it,
 * what cannot be sent is not tried again, and what a crash cuts short is lost.
 */
export class Pusher {
  readonly #core: Core;
  readonly #sender: Sender;
  readonly #line: SendQueue;
  readonly #stop = new AbortController();
  readonly #unlisten: () => void;
  #batches: (readonly Message[])[] = [];
  #pumping: Promise<void> | undefined;

  constructor(core: Core, options: PusherOptions = {}) {
    this.#core = core;
    this.#sender = new Sender(core, options);
    this.#line = new SendQueue(MAX_NOTICES, () => this.#drop());
    this.#unlisten = core.written.onWritten((entries) => this.#note(entries));
  }

  /** Resolves when all that was written till now is told, or was given up. */
  async idle(): Promise<void> {
    while (this.#pumping) await this.#pumping;
    await this.#line.idle();
  }

  /** Waits a little for what is under way; the rest is dropped. */
  async stop(): Promise<void> {
    this.#unlisten();
    const grace = new AbortController();
    await Promise.race([this.idle(), delay(FINISH_WITHIN_MS, undefined, { signal: grace.signal, ref: false }).catch(() => {})]);
    grace.abort();
    this.#batches = [];
    this.#line.clear();
    this.#stop.abort();
    await this.idle();
  }

  #drop(): void {
    this.#core.meters.pushes.dropped += 1;
  }

  /** On the way of every message: as little as can be. */
  #note(entries: readonly Entry[]): void {
    const messages = entries.filter(isMessage);
    if (messages.length === 0) return;
    if (this.#batches.length >= MAX_BATCHES) {
      this.#batches.shift();
      this.#drop();
    }
    this.#batches.push(messages);
    this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      await this.#tell(batch).catch((error) => this.#core.logger.warn({ err: error }, 'nobody was told of some messages by push'));
    }
    this.#pumping = undefined;
  }

  /** `messages`: of one group. Where nobody has a device this ends with a look into memory. */
  async #tell(messages: readonly Message[]): Promise<void> {
    const { lookupCache, bus } = this.#core;
    const { group: id } = messages[0] ?? {};
    const reachable = id === undefined ? [] : await lookupCache.push.inGroup(id);
    const group = id === undefined || reachable.length === 0 ? undefined : await lookupCache.groups.byId(id);
    if (!group) return;
    const place = { isDirect: isDirect(group) };
    const told = messages
      .map((message) => ({ message, users: recipientsOf(message, reachable, place) }))
      .filter(({ users }) => users.length > 0);
    if (told.length === 0) return;
    const there = await bus.presence.list(group.id);
    for (const { message, users } of told)
      await this.#ring(
        group,
        message,
        users.filter((user) => !there.has(user)),
      );
  }

  async #ring(group: Group, message: Message, users: readonly UserId[]): Promise<void> {
    if (users.length === 0) return;
    const { store, directory, secrets } = this.#core;
    const devices = Map.groupBy(await store.push.ofUsers(users), ({ user }) => user);
    const author = (await directory.profiles([message.author])).get(message.author);
    const topic = secrets.mac('push-topic', group.id).slice(0, 32);
    for (const [user, own] of devices) {
      const notice = await this.#noticeFor(user, group, message, author);
      const isUrgent = isDirect(group) || isNamed(message.mentions, user);
      for (const device of own) this.#send({ device, notice, topic, isUrgent });
    }
  }

  async #noticeFor(user: UserId, group: Group, message: Message, author: Profile | undefined) {
    const { slug, name: title, people } = await withTitle(this.#core, user, group);
    const name = author?.name ?? 'Somebody';
    const text = textOf(message);
    const said = { slug, seq: message.seq, title, text, author: message.as ? `${name} (${message.as})` : name };
    return noticeOf({ ...said, isBetweenTwo: people?.length === 2 });
  }

  #send(push: Push): void {
    const run = async (): Promise<void> => {
      await this.#sender.send(push, this.#stop.signal).catch((error) => this.#core.logger.warn({ err: error }, 'a device was not told'));
    };
    this.#line.add({ service: serviceOf(this.#core, push.device), user: push.device.user, run });
  }
}

/** What it says; of files alone, their names. */
function textOf({ body, format, attachments = [] }: Message): string {
  const text = bodyAsText(body, format);
  return text.trim() === '' ? attachments.map(({ name }) => name).join(', ') : text;
}

function serviceOf({ secrets }: Core, { id, sealed }: Device): string {
  const opened = secrets.open(sealed);
  return opened === undefined ? id : (URL.parse(JSON.parse(opened).endpoint)?.host ?? id);
}

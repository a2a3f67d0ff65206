import { setTimeout as delay } from 'node:timers/promises';
import type { User } from '../accounts/port.ts';
import { isQuiet } from '../accounts/preferences.ts';
import type { Core, Profile } from '../core.ts';
import { withTitle } from '../groups/direct.ts';
import type { Group } from '../groups/port.ts';
import { isDirect } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { inLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { type Entry, isMessage, type Message } from '../log/entry.ts';
import { isNamed } from '../markup/mentions.ts';
import { bodyAsText } from '../markup/rich-content-text.ts';
import type { Device } from './port.ts';
import { noticeOf, recipientsOf } from './rules.ts';
import { SendQueue } from './send-queue.ts';
import { type Push, Sender, type SendOptions } from './sending.ts';

/** Limits of the queues of written batches and of notices; beyond them the oldest are dropped. */
const [MAX_BATCHES, MAX_NOTICES] = [1000, 2000];
const FINISH_WITHIN_MS = 1000;

export type PusherOptions = SendOptions;

/**
 * Sends push notifications about messages that this process has written. Best effort: it starts after the message is durable, nothing waits for it,
 * failed sends are not retried, and a crash loses what is queued.
 */
export class Pusher {
  readonly #core: Core;
  readonly #sender: Sender;
  readonly #queue: SendQueue;
  readonly #stop = new AbortController();
  readonly #unlisten: () => void;
  #batches: (readonly Message[])[] = [];
  #processing: Promise<void> | undefined;

  constructor(core: Core, options: PusherOptions = {}) {
    this.#core = core;
    this.#sender = new Sender(core, options);
    this.#queue = new SendQueue(MAX_NOTICES, () => this.#drop());
    this.#unlisten = core.written.onWritten((entries) => this.#enqueue(entries));
  }

  /** Resolves when the notifications for everything written so far were sent or dropped. */
  async idle(): Promise<void> {
    while (this.#processing) await this.#processing;
    await this.#queue.idle();
  }

  /** Waits up to 1 s for pending notifications; drops the rest. */
  async stop(): Promise<void> {
    this.#unlisten();
    const grace = new AbortController();
    await Promise.race([this.idle(), delay(FINISH_WITHIN_MS, undefined, { signal: grace.signal, ref: false }).catch(() => {})]);
    grace.abort();
    this.#batches = [];
    this.#queue.clear();
    this.#stop.abort();
    await this.idle();
  }

  #drop(): void {
    this.#core.meters.pushes.dropped += 1;
  }

  /** Called for every write, so it only queues. */
  #enqueue(entries: readonly Entry[]): void {
    const messages = entries.filter(isMessage);
    if (messages.length === 0) return;
    if (this.#batches.length >= MAX_BATCHES) {
      this.#batches.shift();
      this.#drop();
    }
    this.#batches.push(messages);
    this.#processing ??= this.#process();
  }

  async #process(): Promise<void> {
    for (let batch = this.#batches.shift(); batch; batch = this.#batches.shift()) {
      await this.#notifyOf(batch).catch((error) =>
        this.#core.logger.warn({ err: error }, 'push notifications for a batch of messages failed'),
      );
    }
    this.#processing = undefined;
  }

  /** `messages`: of one group. If no member has a device, this costs only one lookup in the cache. */
  async #notifyOf(messages: readonly Message[]): Promise<void> {
    const { lookupCache, bus } = this.#core;
    const { group: id } = messages[0] ?? {};
    const reachable = id === undefined ? [] : await lookupCache.push.inGroup(id);
    const group = id === undefined || reachable.length === 0 ? undefined : await lookupCache.groups.byId(id);
    if (!group) return;
    const context = { isDirect: isDirect(group) };
    const relevant = messages
      .map((message) => ({ message, users: recipientsOf(message, reachable, context) }))
      .filter(({ users }) => users.length > 0);
    if (relevant.length === 0) return;
    const present = await bus.presence.list(group.id);
    for (const { message, users } of relevant)
      await this.#notifyUsers(
        group,
        message,
        users.filter((user) => !present.has(user)),
      );
  }

  async #notifyUsers(group: Group, message: Message, users: readonly UserId[]): Promise<void> {
    const { store, directory, secrets } = this.#core;
    const awake = await this.#withoutQuiet(users);
    if (awake.length === 0) return;
    const languages = new Map(awake.map(({ id, preferences }) => [id, preferences?.language]));
    const devices = Map.groupBy(await store.push.ofUsers([...languages.keys()]), ({ user }) => user);
    const author = (await directory.profiles([message.author])).get(message.author);
    const topic = secrets.mac('push-topic', group.id).slice(0, 32);
    for (const [user, own] of devices) {
      const notice = await inLanguage(languages.get(user) ?? 'en', () => this.#noticeFor(user, group, message, author));
      const isUrgent = isDirect(group) || isNamed(message.mentions, user);
      for (const device of own) this.#send({ device, notice, topic, isUrgent }, message);
    }
  }

  /** Those who have no quiet hours now. */
  async #withoutQuiet(users: readonly UserId[]): Promise<User[]> {
    const { store, now } = this.#core;
    const found = users.length === 0 ? [] : await store.users.byIds(users);
    return found.filter(({ preferences }) => !isQuiet(preferences ?? {}, now()));
  }

  async #noticeFor(user: UserId, group: Group, message: Message, author: Profile | undefined) {
    const { slug, name: title, people } = await withTitle(this.#core, user, group);
    const name = author?.shownName ?? t`Somebody`;
    const text = textOf(message);
    const facts = { slug, seq: message.seq, title, text, author: message.as ? `${name} (${message.as})` : name };
    return noticeOf({ ...facts, basePath: this.#core.config.basePath, isBetweenTwo: people?.length === 2 });
  }

  /** It may have waited in the queue. */
  async #sendUnlessErased(push: Push, { group, seq }: Message): Promise<void> {
    if ((await this.#core.store.log.erasedAmong(group, [seq])).size > 0) this.#drop();
    else await this.#sender.send(push, this.#stop.signal);
  }

  #send(push: Push, message: Message): void {
    const run = async (): Promise<void> => {
      await this.#sendUnlessErased(push, message).catch((error) =>
        this.#core.logger.warn({ err: error }, 'sending a push notification failed'),
      );
    };
    this.#queue.add({ service: serviceOf(this.#core, push.device), user: push.device.user, run });
  }
}

/** The text of a message; without text, the names of its files. */
function textOf({ body, format, attachments = [] }: Message): string {
  const text = bodyAsText(body, format);
  return text.trim() === '' ? attachments.map(({ name }) => name).join(', ') : text;
}

function serviceOf({ secrets }: Core, { id, sealed }: Device): string {
  const opened = secrets.open(sealed);
  return opened === undefined ? id : (URL.parse(JSON.parse(opened).endpoint)?.host ?? id);
}

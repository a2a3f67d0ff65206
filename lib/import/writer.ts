import { DomainError } from '../errors.ts';
import type { Group } from '../groups/port.ts';
import { newUid, type UserId } from '../ids.ts';
import type { Draft, Entry } from '../log/entry.ts';
import { parseEmoji } from '../markup/emoji.ts';
import { MAX_PINS } from '../messages/rules.ts';
import type { ImportContext } from './context.ts';
import { type Fresh, postMessage } from './message.ts';
import { answeredBy, quotedBy, replyOf } from './replies.ts';
import { whileAway } from './retry.ts';
import type { Item, StagedMessage, Staging } from './staging.ts';
import { bodyOf } from './text.ts';

/** Counted: entries written by this run, and messages that were there before. `late`: messages that were not written, see writeChannel. */
export type Written = { messages: number; edits: number; reactions: number; files: number; before: number; late: number };

const BATCH = 256;

/** Thrown to stop at an entry of somebody else that is newer than what would be written. */
class Late extends Error {}

/**
 * Writes what is missing of a channel to the log of its group, in the order of time, through the appender. An entry has the time of the source; only
 * reactions, whose times are not shown, follow the messages of their batch, so that these are written at once. Since
 * times never decrease in a log, nothing is written that is older than an entry which this import did not write: the rest of the channel is then
 * counted as `late`. Can be repeated after a crash: entries are found by their keys. Errors: `unavailable`, StoreUnavailable.
 */
export async function writeChannel(context: ImportContext, channel: string, group: Group): Promise<Written> {
  const written: Written = { messages: 0, edits: 0, reactions: 0, files: 0, before: 0, late: 0 };
  let isFirst = true;
  const run = async (): Promise<void> => {
    const found = await findWritten(context, channel, group);
    if (isFirst) written.before = found;
    isFirst = false;
    await new ChannelWriter(context, channel, group, written).run();
  };
  try {
    await whileAway(run, () => written.messages);
  } catch (error) {
    if (!(error instanceof Late)) throw error;
    written.late = countLate(context.staging, channel);
  }
  return written;
}

/** Records which items have entries already. Resolves to the number of messages among them. */
async function findWritten({ core, staging }: ImportContext, channel: string, group: Group): Promise<number> {
  const { seq: head } = await core.store.log.head(group.id);
  let messages = 0;
  for (let from = 1; from <= head; from += 500)
    for (const { kind, key, seq } of await core.store.log.range(group.id, from, from + 499))
      if (key?.startsWith('i:') && staging.setSeq(channel, key, seq) && kind === 'message') messages += 1;
  return messages;
}

function countLate(staging: Staging, channel: string): number {
  let count = 0;
  for (let after: Item | undefined; ; ) {
    const page = staging.pending(channel, BATCH, after);
    count += page.filter(({ body }) => body.kind === 'message').length;
    after = page.at(-1);
    if (page.length < BATCH) return count;
  }
}

class ChannelWriter {
  readonly #context: ImportContext;
  readonly #channel: string;
  readonly #group: Group;
  readonly #written: Written;
  /** Pins that are in effect. */
  #pins = 0;
  /** Appends under way, in order. */
  #running: Promise<void>[] = [];

  constructor(context: ImportContext, channel: string, group: Group, written: Written) {
    this.#context = context;
    this.#channel = channel;
    this.#group = group;
    this.#written = written;
  }

  async run(): Promise<void> {
    this.#pins = (await this.#context.core.store.log.pins(this.#group.id, MAX_PINS)).length;
    for (let after: Item | undefined; ; ) {
      const items = this.#context.staging.pending(this.#channel, BATCH, after);
      const reactions: Item[] = [];
      try {
        for (const item of items) {
          if (item.body.kind === 'message') await this.#message(item);
          else if (item.body.kind === 'react' || !item.timed) reactions.push(item);
          else {
            await this.#flush();
            await this.#followUp(item);
          }
        }
        await this.#flush();
        for (const item of reactions) await this.#followUp(item);
      } finally {
        await this.#flush();
      }
      after = items.at(-1);
      if (items.length < BATCH) return;
    }
  }

  /** Waits for what is under way; throws the first failure. */
  async #flush(): Promise<void> {
    const ended = await Promise.allSettled(this.#running.splice(0));
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }

  async #settled(): Promise<boolean> {
    if (this.#running.length === 0) return false;
    await this.#flush();
    return true;
  }

  /** Appends without waiting. */
  #append({ at, timed, key, body }: Item, draft: Fresh, then: (entry: Entry, isNew: boolean) => void | Promise<void>): void {
    const { core } = this.#context;
    const uid = newUid(core.random);
    const decide = body.kind !== 'react' && (timed || body.kind === 'message') ? () => this.#refuseLate(at) : undefined;
    const full = { ...draft, at, key: draft.key ?? key, uid, pending: [] } as Draft;
    this.#running.push(core.appender.append(this.#group.id, full, decide).then((entry) => then(entry, entry.uid === uid)));
    if (this.#running.length > 0) this.#running.at(-1)?.catch(() => {}); // reported by #flush
  }

  async #refuseLate(at: number): Promise<void> {
    const head = await this.#context.core.store.log.head(this.#group.id);
    if (head.at > at) throw new Late();
  }

  async #message(item: Item): Promise<void> {
    if (item.body.kind !== 'message') return;
    const { message } = item.body;
    const { users, staging } = this.#context;
    const author = users.get(message.author);
    if (!author) return staging.leftOut('messages of people who are left out');
    const reply = await replyOf(this.#context, { channel: this.#channel, group: this.#group.id, settled: () => this.#settled() }, message);
    const answered = reply.replyTo === undefined ? answeredBy(staging, { ...item, message }) : undefined;
    await postMessage(
      this.#context,
      { item, message, author, group: this.#group, answered, reply, mentions: this.#accounts(message.mentions) },
      (draft, then) =>
        this.#append(item, draft, async (entry, isNew) => {
          const isWhole = draft.key === undefined;
          if (isWhole) staging.setSeq(this.#channel, item.key, entry.seq);
          if (isNew && isWhole) this.#written.messages += 1;
          this.#written.files += isNew && entry.kind === 'message' ? (entry.attachments?.length ?? 0) : 0;
          await then(entry, isNew);
          this.#context.onProgress();
        }),
    );
  }

  #accounts(people: readonly string[] = []): { mentions?: UserId[] } {
    const mentions = [...new Set(people.flatMap((id) => this.#context.users.get(id)?.id ?? []))];
    return mentions.length > 0 ? { mentions } : {};
  }

  async #followUp(item: Item): Promise<void> {
    const { staging } = this.#context;
    const target = staging.find(this.#channel, item.message);
    const draft = target && target.seq !== null ? await this.#draftOf(item, target, target.seq) : undefined;
    if (!draft) return;
    this.#append(item, draft, (_, isNew) => {
      if (!isNew) return;
      if (item.body.kind === 'edit') this.#written.edits += 1;
      if (item.body.kind === 'react') this.#written.reactions += 1;
    });
  }

  async #draftOf({ body }: Item, of: StagedMessage, target: number): Promise<Fresh | undefined> {
    const { core, users, nameOf, staging } = this.#context;
    switch (body.kind) {
      case 'edit': {
        const author = users.get(body.author);
        const absent = (of.message.files ?? []).filter(({ path }) => path === undefined);
        const answered = await quotedBy(this.#context, this.#group.id, of);
        const text = bodyOf(core, this.#group, { ...body.edit, answered, absent }, nameOf);
        return (
          author && { kind: 'edit', target, author: author.id, body: text.body, format: text.format, ...this.#accounts(body.mentions) }
        );
      }
      case 'react': {
        const author = users.get(body.reaction.by);
        const emoji = emojiOf(body.reaction.emoji);
        if (emoji === undefined) staging.leftOut('reactions that are no emoji and no short text', body.reaction.emoji);
        return author && emoji !== undefined ? { kind: 'react', target, author: author.id, emoji } : undefined;
      }
      case 'pin': {
        const author = users.get(body.by);
        if (this.#pins >= MAX_PINS) staging.leftOut(`pins beyond ${MAX_PINS} of a group`);
        if (this.#pins >= MAX_PINS) return undefined;
        this.#pins += 1;
        return author && { kind: 'pin', target, author: author.id, stands: true };
      }
      default:
        return undefined;
    }
  }
}

function emojiOf(given: string): string | undefined {
  try {
    return parseEmoji(given);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
}

import type { Core } from '../core.ts';
import { notFound } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import type { UserId } from '../ids.ts';
import { t } from '../language/text.ts';
import type { Edited, EntryCommon, Format, Message } from '../log/entry.ts';
import { isErased } from '../log/fold.ts';
import { readMessage } from '../log/history.ts';
import { PAGE_WEIGHT } from '../log/weight.ts';
import { weightOf } from '../markup/cost.ts';

/** The text of a message from `at` (ms) on. */
export type Version = {
  readonly seq: number;
  readonly at: number;
  readonly body: string;
  readonly format: Format;
  readonly mentions: readonly UserId[];
};

/** A message that a program keeps up to date may have thousands. */
const MAX_VERSIONS = 100;
const READ_TOGETHER = 20;

/** Versions of a message, oldest first. `older`: what `before` must be for those before them; undefined when they begin with the first text. */
export type Versions = { readonly versions: readonly Version[]; readonly older: number | undefined };

/**
 * The newest versions of a message, or the newest before the version with seq `before`: MAX_VERSIONS at most, as long as they weigh PAGE_WEIGHT together,
 * one at least. Without `before` the last one is the current text. Errors: `notFound`, also for an erased message.
 */
export async function versionsOf(core: Core, at: GroupAccess, seq: number, before = Number.MAX_SAFE_INTEGER): Promise<Versions> {
  const folded = await readMessage(core, at.group.id, seq);
  if (isErased(folded)) throw notFound(t`This message and its earlier versions are erased.`);
  const versions: Version[] = [];
  let weight = 0;
  for await (const version of newestFirst(core, folded.message, before)) {
    weight += weightOf(version.body, version.format);
    if (versions.length === MAX_VERSIONS || (weight > PAGE_WEIGHT && versions.length > 0)) return { versions, older: versions[0]?.seq };
    versions.unshift(version);
  }
  return { versions, older: undefined };
}

async function* newestFirst(core: Core, message: Message, before: number): AsyncGenerator<Version> {
  let later: Text | undefined;
  for await (const text of textsBefore(core, message, before)) {
    if (later && !isSameText(later, text)) yield versionOf(later);
    later = text;
  }
  if (later) yield versionOf(later);
}

type Text = EntryCommon & Pick<Edited, 'body' | 'format' | 'mentions'> & { readonly kind: string; readonly actions?: readonly unknown[] };

/** Whether an edit has only replaced the actions of a bot's message, whose text before was `earlier`. */
const isSameText = ({ kind, actions, body, format }: Text, earlier: Text): boolean =>
  kind === 'edit' && actions !== undefined && body === earlier.body && format === earlier.format;

async function* textsBefore({ store, scheduler }: Core, message: Message, before: number): AsyncGenerator<Text> {
  for (let below = before; ; ) {
    await scheduler.turn();
    const edits = await store.log.edits(message.group, message.seq, { before: below, limit: READ_TOGETHER });
    yield* edits;
    below = edits.at(-1)?.seq ?? 0;
    if (edits.length < READ_TOGETHER) break;
  }
  if (message.seq < before) yield message;
}

const versionOf = ({ seq, at, body, format, mentions = [] }: EntryCommon & Pick<Edited, 'body' | 'format' | 'mentions'>): Version => ({
  seq,
  at,
  body,
  format,
  mentions,
});

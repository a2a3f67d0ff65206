import type { GroupId, UserId } from '../ids.ts';
import type { EntryCommon, Format } from '../log/entry.ts';
import { keyIn } from '../log/keys.ts';

/** A draft without an update ends after this time. */
export const DRAFT_MS = 60_000;
/** Open drafts of one author in a group, and of all of them. */
export const [MAX_OF_AUTHOR, MAX_IN_GROUP] = [5, 20];
/** Updates of one draft. */
export const UPDATES_PER_SECOND = 20;

/** What a draft is besides its text. `id`: 16 characters of [0-9a-z]. */
export type DraftName = { readonly group: GroupId; readonly author: UserId; readonly id: string };

/**
 * A message that its author is still writing and that others see already. `body`: as it was sent, not cleaned. `rev`: 1 at first, one more with each update.
 * `thread`: the seq of the root of the thread that it will be in; with `replyTo` only.
 */
export type OpenDraft = DraftName & {
  readonly rev: number;
  readonly body: string;
  readonly format: Exclude<Format, 'model'>;
  readonly replyTo?: number;
  readonly thread?: number;
};

const ID = /^[0-9a-z]{16}$/;

/** Whether a draft may have this id; a path has any text. */
export const isDraftId = (text: string): boolean => ID.test(text);

/** The idempotency key of the message that a draft becomes. */
export const keyOfDraft = (id: string): string => keyIn('draft', id);

/** As keyIn makes it. */
const PREFIX = 'd:';

/** The id of the draft that a message was; undefined when it was none. */
export const draftIdOf = ({ key }: Pick<EntryCommon, 'key'>): string | undefined =>
  key?.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;

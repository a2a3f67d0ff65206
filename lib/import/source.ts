import type { Format } from '../log/entry.ts';

/** The programs whose exports are read, as in `--from`. */
export const FORMATS = ['parley', 'slack', 'mattermost', 'campfire', 'rocketchat', 'zulip', 'discord', 'irc'] as const;
export type FormatName = (typeof FORMATS)[number];

/**
 * A person or bot of the other program. `id`: unique in the source. `login`: the name that people log in or are mentioned with. `shownName`: the name
 * that others see, if it is not `name`.
 */
export type SourcePerson = {
  readonly id: string;
  readonly name: string;
  readonly login?: string | undefined;
  readonly shownName?: string | undefined;
  readonly email?: string | undefined;
  readonly bot?: boolean;
  /** Where the picture is, for `open` of the source. */
  readonly picture?: string | undefined;
};

/**
 * A channel or conversation. `open`: everybody may join. `direct`: direct messages between `members`. `members`: ids of those who are in it when the
 * import ends; `moderators` among them.
 */
export type SourceChannel = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'open' | 'closed' | 'direct';
  readonly topic?: string | undefined;
  readonly archived?: boolean;
  readonly members: readonly string[];
  readonly moderators?: readonly string[];
};

/** A file of a message. `path`: where its content is, for `open` of the source; undefined: the source does not have it, only perhaps a `url`. */
export type SourceFile = { readonly name: string; readonly path?: string | undefined; readonly url?: string | undefined };

/** `at` (ms): undefined when the source does not tell. */
export type SourceReaction = { readonly emoji: string; readonly by: string; readonly at?: number | undefined };

/** A later text of a message, in effect from `at` (ms) on. */
export type SourceEdit = { readonly at: number; readonly text: string; readonly format: Format };

/**
 * A message as it was posted at `at` (ms). `id`: unique in its channel. `author`, `mentions`: ids of people. A person who is mentioned is named in
 * `text` by `mentionOf`. `replyTo`: the id of the message that it answers. `as`: a name that a bot gave for this message.
 */
export type SourceMessage = {
  readonly id: string;
  readonly channel: string;
  readonly at: number;
  readonly author: string;
  readonly text: string;
  readonly format: Format;
  readonly as?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly mentions?: readonly string[];
  readonly files?: readonly SourceFile[];
  readonly edits?: readonly SourceEdit[];
  readonly reactions?: readonly SourceReaction[];
  readonly pinned?: { readonly by: string; readonly at?: number | undefined } | undefined;
};

const [OPEN, SHUT] = ['\ue010', '\ue011'];

/** Stands in a text for the mention of a person, until the name in Parley is known. */
export const mentionOf = (person: string): string => `${OPEN}${Buffer.from(person).toString('base64url')}${SHUT}`;

/** Replaces the mentions in a text. */
export const withMentions = (text: string, nameOf: (person: string) => string): string =>
  text.replace(/\ue010([\w-]*)\ue011/g, (_, id: string) => `@${nameOf(Buffer.from(id, 'base64url').toString())}`);

/** Takes what a reader finds, in any order. */
export type Collector = {
  person(person: SourcePerson): void;
  channel(channel: SourceChannel): void;
  message(message: SourceMessage): void;
  /** Counts what is not imported. `what`: in the words of the report; `example`: one of them. */
  leftOut(what: string, example?: string): void;
};

/** An export of another program. */
export type Source = {
  readonly format: FormatName;
  /** What distinguishes this workspace from others of its program, the same in every export of it. */
  readonly origin: string;
  /** Reads everything once. Errors: `invalid` (source). */
  read(into: Collector): Promise<void>;
  /** The content of a file; undefined if the source does not have it. */
  open(path: string): Promise<AsyncIterable<Uint8Array> | undefined>;
};

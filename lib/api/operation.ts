import type { z } from 'zod';
import type { SchemaName } from './schemas.ts';

/** How a body is written; the media type of each is in MEDIA. */
export type Manner = 'json' | 'form' | 'multipart' | 'text' | 'markdown' | 'stream' | 'html' | 'prometheus' | 'file' | 'none';

export const MEDIA = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
  text: 'text/plain',
  markdown: 'text/markdown',
  stream: 'text/event-stream',
  html: 'text/html',
  prometheus: 'text/plain',
  file: 'application/octet-stream',
  none: '',
} as const satisfies Record<Manner, string>;

/** Who may call: `member` with any token of one who is in the group, `person` with the token of a person, `moderator` with that of one who manages the group. */
export type Access = 'public' | 'token' | 'member' | 'person' | 'moderator';

/** An answer that is not an error. `as`: which schema it has as JSON; with `list` it is an array of such. */
export type Reply = {
  readonly what: string;
  readonly as?: SchemaName;
  readonly list?: true;
  readonly manners: readonly Manner[];
  /** Header names with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** `upload`: the schema that it has in multipart, where that takes more. */
export type Body = { readonly as: SchemaName; readonly upload?: SchemaName; readonly manners: readonly Manner[]; readonly optional?: true };

/** One request and what comes of it. Every one of them is sent to a real server by a test, in the order of the table. */
export type Example = {
  readonly title: string;
  /** Values of the path's parameters. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or an object that is written as the manner says. */
  readonly body?: { readonly manner: Manner; readonly value: unknown };
  readonly status: number;
  readonly answer: { readonly manner: Manner; readonly value?: unknown };
};

/** One thing that a program can ask for. */
export type Operation = {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters in braces. */
  readonly path: string;
  readonly tag: Tag;
  readonly access: Access;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  /** Request headers, of those in HEADERS. */
  readonly headers?: readonly string[];
  readonly body?: Body;
  readonly replies: Readonly<Record<number, Reply>>;
  /** Statuses of errors that are worth a word, besides those of all operations. */
  readonly problems?: Readonly<Record<number, string>>;
  readonly examples: readonly Example[];
};

export const TAGS = {
  Account: 'Who a token speaks for.',
  Groups: 'Where messages are, and who is there.',
  Messages: 'Post, read, change and erase.',
  Search: 'Find what was said.',
  Listening: 'Hear what happens, without an address of your own.',
  Webhooks: 'Post into one group by a URL alone, in whatever form a client has.',
  Campfire: 'The calls of Campfire’s bots, for bots that were written for it.',
  Server: 'Whether it runs, and this description.',
} as const;
export type Tag = keyof typeof TAGS;

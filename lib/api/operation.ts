import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import type { SchemaName } from './schemas.ts';

/** The format of a body; MEDIA_TYPES has its media type. */
export type Media = 'json' | 'form' | 'multipart' | 'text' | 'markdown' | 'stream' | 'html' | 'prometheus' | 'file' | 'none';

export const MEDIA_TYPES = {
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
} as const satisfies Record<Media, string>;

/**
 * The bodies of an operation's errors. `problem`: RFC 9457. `webhook`: one word of text, or JSON in our own or Discord's format, as the client's URL,
 * Accept and body ask. `discord`: JSON in Discord's format.
 */
export type ErrorFormat = 'problem' | 'webhook' | 'discord';

/** Whose token is needed. `token`: anybody's; `member`: of a member of the group; `person`: of a person, not a bot; `moderator`: of a person who manages the group. */
export type Access = 'public' | 'token' | 'member' | 'person' | 'moderator';

/** A response that is not an error. `schema`: of its JSON; one of them where there are several; with `list` the JSON is an array of it. */
export type Response = {
  readonly description: string;
  readonly schema?: SchemaName | readonly SchemaName[];
  readonly list?: true;
  /** The events of a stream, as OpenAPI 3.2 describes them in `itemSchema`. */
  readonly events?: JsonSchema;
  readonly media: readonly Media[];
  /** Header names with their meaning. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** `upload`: its schema in multipart/form-data, where that takes more fields. `form`: its schema as a form, where a form cannot express all of the JSON. */
export type Body = {
  readonly schema?: SchemaName;
  readonly upload?: SchemaName;
  readonly form?: SchemaName;
  readonly media: readonly Media[];
  readonly optional?: true;
};

/** A request and its response. A test sends every example to a real server, in the order of the table. */
export type Example = {
  readonly title: string;
  /** Values of the path's parameters. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or an object to be written in that format. */
  readonly body?: { readonly media: Media; readonly value: unknown };
  readonly status: number;
  readonly answer: { readonly media: Media; readonly value?: unknown };
};

/** One operation of the OpenAPI document. */
export type Operation = {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Parameters in braces. */
  readonly path: string;
  readonly tag: Tag;
  readonly access: Access;
  readonly summary: string;
  readonly description?: string;
  readonly query?: z.ZodObject;
  /** Names of request headers; HEADERS describes them. */
  readonly headers?: readonly string[];
  readonly body?: Body;
  readonly responses: Readonly<Record<number, Response>>;
  /** Statuses of errors, besides those that every operation has (document.ts). An empty text stands for that of PROBLEMS. */
  readonly problems?: Readonly<Record<number, string>>;
  /** `problem` when absent. */
  readonly errors?: ErrorFormat;
  readonly examples: readonly Example[];
};

/** The document's tags, in its order; lib/api/tables has one file for each. */
export const TAGS = {
  Account: 'The account of a token.',
  Groups: 'List, create, join and change groups.',
  Members: 'List, add and remove members.',
  Direct: 'Direct messages.',
  Invitations: 'Join a group by an invitation link.',
  Posting: 'Post messages; keep one up to date under a key.',
  Messages: 'Read, edit and erase messages; read marks and typing.',
  Reactions: 'React to messages.',
  Pins: 'Pin messages for all in a group.',
  Saved: 'Save messages for yourself.',
  Files: 'Read attachments.',
  Search: 'Search all your groups.',
  Events: 'Streams of server-sent events. They need no address of your own.',
  Webhooks: 'Incoming webhooks: post into one group by a URL alone, in the format of many clients.',
  Deliveries: 'Calls of bots by outgoing webhook: what came of them, and sending them again.',
  Campfire: 'The calls of Campfire’s bots, for bots that were written for it.',
  Server: 'Health, metrics and this description.',
} as const;
export type Tag = keyof typeof TAGS;

import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';
import type { SchemaName } from './schemas.ts';

/** The format of a body; MEDIA_TYPES has its media type. */
export type Media = 'json' | 'form' | 'multipart' | 'text' | 'markdown' | 'stream' | 'html' | 'prometheus' | 'file' | 'webp' | 'none';

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
  webp: 'image/webp',
  none: '',
} as const satisfies Record<Media, string>;

/**
 * The format of an operation's errors. `problem`: RFC 9457. `webhook`: an error code as text, or JSON in Parley's or Discord's format, depending on
 * the client's URL, Accept and body. `discord`: JSON in Discord's format.
 */
export type ErrorFormat = 'problem' | 'webhook' | 'discord';

/** The token required. `token`: any; `member`: of a member of the group; `person`: of a person, not a bot; `moderator`: of a person who manages the group. */
type Access = 'public' | 'token' | 'member' | 'person' | 'moderator';

/** A successful response. `schema`: of its JSON, or alternatives; with `list` the JSON is an array of it. */
export type Response = {
  readonly description: string;
  readonly schema?: SchemaName | readonly SchemaName[];
  readonly list?: true;
  /** The events of a stream, as OpenAPI 3.2 describes them in `itemSchema`. */
  readonly events?: JsonSchema;
  readonly media: readonly Media[];
  /** Header names with their descriptions. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** `upload`: the schema for multipart/form-data if that has more fields. `form`: the schema for forms if they cannot express all of the JSON. */
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
  /** Values of the path parameters. */
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text, or an object that is encoded in that format. */
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
  /** Statuses of further errors (see error-responses.ts) with their descriptions. An empty text means the one in PROBLEMS. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Default: `problem`. */
  readonly errors?: ErrorFormat;
  readonly examples: readonly Example[];
};

/** The tags of the document in order; lib/api/tables has one file for each. */
export const TAGS = {
  Account: 'The account of a token.',
  Groups: 'List, create, join and change groups.',
  Members: 'List, add and remove members.',
  Direct: 'Direct messages.',
  Invitations: 'Join a group by an invitation link.',
  Posting: 'Post messages; keep one up to date under a key.',
  Drafts: 'Show a message while it is written, such as the answer of an agent.',
  Scheduled: 'Send messages later.',
  Messages: 'Read, edit and erase messages; read marks and typing.',
  Reactions: 'React to messages.',
  Pins: 'Pin messages for all in a group.',
  Actions: 'Use the buttons and forms that bots put under messages.',
  Ephemeral: 'Show a text to one member of a group.',
  Saved: 'Save messages for yourself.',
  Files: 'Read attachments.',
  Search: 'Search all your groups.',
  Events: 'Streams of server-sent events. The client needs no public URL.',
  Webhooks: 'Incoming webhooks: post to one group with only a URL, in the formats of many clients.',
  Deliveries: 'Deliveries of outgoing webhooks to bots: results, and sending again.',
  Campfire: 'The bot API of Campfire, for bots that were written for it.',
  Server: 'Health, metrics and this description.',
} as const;
type Tag = keyof typeof TAGS;

import type { User } from '../accounts/port.ts';
import { attach, attached, claim, discard, type Stored, storeFile } from '../files/operations.ts';
import type { Group } from '../groups/port.ts';
import type { UserId } from '../ids.ts';
import { type Draft, type Entry, MAX_FILES } from '../log/entry.ts';
import { sha256 } from '../secrets.ts';
import { isBlank } from '../text/body.ts';
import type { ImportContext } from './context.ts';
import type { ReplyFields } from './replies.ts';
import type { SourceFile, SourceMessage } from './source.ts';
import type { Item } from './staging.ts';
import { type Answered, bodyOf } from './text.ts';

type WithoutLog<T> = T extends unknown ? Omit<T, 'uid' | 'pending' | 'at' | 'mac'> : never;
/** A draft whose uid and time are still to be set. Without `key` it has the key of its item. */
export type Fresh = WithoutLog<Draft>;

type Append = (draft: Fresh, then: (entry: Entry, isNew: boolean) => Promise<void>) => void;

export type Posting = {
  readonly item: Item;
  readonly message: Omit<SourceMessage, 'edits' | 'reactions' | 'pinned'>;
  readonly author: User;
  readonly group: Group;
  /** What is quoted. */
  readonly answered: Answered | undefined;
  /** The fields of a message that answers another one of the group. */
  readonly reply: ReplyFields;
  readonly mentions: { readonly mentions?: readonly UserId[] };
};

/** An administrator imports files of any size that the disk takes; this bounds a damaged length. */
const MAX_FILE_BYTES = 16 * 1024 ** 3;

/**
 * Stores the files of a message and appends it; files beyond MAX_FILES go into messages of their own before it, so that the message itself shows that
 * all are written.
 */
export async function postMessage(context: ImportContext, posting: Posting, append: Append): Promise<void> {
  const { core, staging, nameOf } = context;
  const { message, group, author, answered, item } = posting;
  const { stored, absent } = await storeAll(context, posting);
  const text = bodyOf(core, group, { ...message, answered, absent }, nameOf);
  if (text.whole !== undefined) stored.push(await store(posting, context, 'message.txt', [Buffer.from(text.whole)]));
  if (isBlank(text.body) && stored.length === 0) return staging.leftOut('messages without a text', message.id);
  const parts = Array.from({ length: Math.ceil(stored.length / MAX_FILES) }, (_, part) =>
    stored.slice(part * MAX_FILES, (part + 1) * MAX_FILES),
  );
  const [own = [], ...others] = parts;
  const common = { kind: 'message', author: author.id, ...(message.as ? { as: message.as.slice(0, 80) } : {}) } as const;
  for (const [part, files] of others.entries()) {
    const key = `i:${sha256(`${item.key}:${part}`).slice(0, 40)}`;
    await claim(core, files, key);
    append({ ...common, key, body: '', format: 'text', attachments: files.map(attached) }, settle(context, files));
  }
  if (own.length > 0) await claim(core, own, item.key);
  const files = own.length > 0 ? { attachments: own.map(attached) } : {};
  const body = isBlank(text.body) ? '' : text.body;
  append({ ...common, body, format: text.format, ...posting.reply, ...posting.mentions, ...files }, settle(context, own));
}

const settle =
  ({ core }: ImportContext, files: readonly Stored[]) =>
  async (entry: Entry, isNew: boolean): Promise<void> => {
    if (files.length === 0) return;
    if (isNew) await attach(core, files, entry.seq);
    else await discard(core, files);
  };

async function storeAll(context: ImportContext, posting: Posting): Promise<{ stored: Stored[]; absent: SourceFile[] }> {
  const { source, staging } = context;
  const stored: Stored[] = [];
  const absent: SourceFile[] = [];
  for (const file of posting.message.files ?? []) {
    const content = file.path === undefined ? undefined : await source.open(file.path);
    if (content) stored.push(await store(posting, context, file.name, content));
    else {
      absent.push(file);
      staging.leftOut('files whose content is not in the export', file.name);
    }
  }
  return { stored, absent };
}

function store(
  { author, group }: Posting,
  { core }: ImportContext,
  name: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Stored> {
  const at = { user: author, group, membership: undefined };
  return storeFile(core, at, pieces(content), { name, limit: MAX_FILE_BYTES });
}

async function* pieces(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* content;
}

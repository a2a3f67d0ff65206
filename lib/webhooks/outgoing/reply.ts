import type { Core } from '../../core.ts';
import { DomainError, StoreUnavailable } from '../../errors.ts';
import type { Standing } from '../../groups/rules.ts';
import { bodyOf, type ModelBody } from '../../markup/rich-content-text.ts';
import { admit, keyIn, type Post, type Posted, post } from '../../messages/operations.ts';
import type { Answer } from '../../outbound/request.ts';
import { cutText, decodeUtf8, isBlank } from '../../text/body.ts';
import { isLoose, type Loose } from '../incoming/formats/read.ts';
import { understand } from '../incoming/formats/registry.ts';
import type { Delivery } from './deliveries-port.ts';
import { TEST_EVENT } from './payload.ts';

/** What an answer says in the group, and under which name; or the file that it is. */
export type Reply = (ModelBody & { readonly as?: string | undefined }) | { readonly file: string };

/** What came of it: the seq of the message; null when the answer says nothing; in words, why it could not be posted. */
export type Replied = { readonly seq: number | null; readonly problem: string | null };

const NOTHING: Replied = { seq: null, problem: null };

/** The fields by which JSON says something to be shown. A bot that merely reports (`{"ok": true}`, `{"message": "received"}`) has none of them. */
const SAYING = ['text', 'blocks', 'attachments', 'content', 'embeds'];

/**
 * What an answer wants to be posted: of a 200 its text, its JSON as an incoming webhook would understand it, or a file. Anything else is only noted.
 * HTML is taken where it is plain text under that name, which is what small web frameworks say when nobody tells them otherwise.
 */
export function replyOf({ status, type, encoding, disposition, body, isCut }: Answer, maxBytes: number): Reply | undefined {
  if (status !== 200 || isCut || !/^(identity)?$/i.test(encoding)) return undefined;
  const kind = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (isFile(kind, disposition)) return body.length === 0 ? undefined : { file: nameIn(disposition) ?? `attachment.${extensionOf(kind)}` };
  const text = decodeUtf8(body);
  if (kind === 'text/plain' || (kind === 'text/html' && !/[<&]/.test(text)))
    return isBlank(text) ? undefined : { body: cutText(text, maxBytes), format: 'text' };
  return kind === 'application/json' || kind.endsWith('+json') ? fromJson(text, maxBytes) : undefined;
}

const isFile = (kind: string, disposition: string): boolean =>
  /^(image|audio|video)\/|^application\/(pdf|zip|octet-stream)$/.test(kind) || /^\s*attachment\b/i.test(disposition);

const nameIn = (disposition: string): string | undefined => /\bfilename="?([^";]{1,200})"?/i.exec(disposition)?.[1];

const extensionOf = (kind: string): string => /\/(?:x-)?([a-z0-9]{1,10})/.exec(kind)?.[1]?.replace('octet', 'bin') ?? 'bin';

function fromJson(text: string, maxBytes: number): Reply | undefined {
  const value = objectIn(text);
  if (!value || !SAYING.some((name) => isSaid(value[name]))) return undefined;
  const model = understand(() => '', { value, files: [], isMultipart: false });
  return model && { ...bodyOf(model, maxBytes), as: model.name };
}

const isSaid = (value: unknown): boolean => (typeof value === 'string' ? !isBlank(value) : Array.isArray(value) && value.length > 0);

function objectIn(text: string): Loose | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLoose(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Posts what a bot answered, as the bot, through the door of all posts; repeated deliveries of the same event post once, and it calls no bot.
 * Rejects with StoreUnavailable when the store does not take it: then the bot is to be called again.
 */
export async function postReply(core: Core, at: Standing, delivery: Delivery, answer: Answer): Promise<Replied> {
  const reply = delivery.event === TEST_EVENT ? undefined : replyOf(answer, core.config.maxBodyBytes);
  if (!reply) return NOTHING;
  try {
    const input = { key: keyIn('reply', delivery.id), sameness: [delivery.id], callsNobody: true };
    const { message } = await ('file' in reply
      ? postFile(core, at, input, reply.file, answer.body)
      : post(core, at, { ...input, ...reply }));
    return { seq: message.seq, problem: null };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'unavailable') throw new StoreUnavailable(error.message);
    return { seq: null, problem: `The answer was not posted: ${error.message}` };
  }
}

async function postFile(core: Core, at: Standing, input: Omit<Post, 'body'>, name: string, content: Uint8Array): Promise<Posted> {
  const [{ storeFile }, { postWithFiles }] = await Promise.all([
    import('../../files/operations.ts'),
    import('../../messages/with-files.ts'),
  ]);
  admit(core, at);
  const source = async function* () {
    yield content;
  };
  return postWithFiles(core, at, { ...input, body: '', isAdmitted: true }, [await storeFile(core, at, source(), { name })]);
}

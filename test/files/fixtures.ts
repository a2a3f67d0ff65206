import { randomBytes } from 'node:crypto';
import sharp, { type Sharp } from 'sharp';
import type { Answer, Client } from '../helpers/client.ts';

/** A file as a form has it. */
export type Sent = { readonly name: string; readonly content: string | Uint8Array; readonly type?: string; readonly field?: string };

export function formOf(files: readonly Sent[], fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { name, content, type = 'application/octet-stream', field = 'attachment' } of files)
    form.append(field, new File([typeof content === 'string' ? content : new Uint8Array(content)], name, { type }), name);
  return form;
}

/** Posts to Lobby by the API with a browser session. */
export function upload(
  who: Client,
  files: readonly Sent[],
  fields: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const accept = { Accept: 'application/json', ...headers };
  return who.send('/groups/lobby/messages', { method: 'POST', body: formOf(files, fields), headers: accept });
}

type Attachment = {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
  readonly width: number | null;
  readonly height: number | null;
  readonly url: string;
  readonly thumb_url: string | null;
  readonly alt: string | null;
};
export type Posted = { readonly seq: number; readonly body: string; readonly attachments: readonly Attachment[] };

/** Posts these and resolves to the message; throws when it is refused. */
export async function posted(
  who: Client,
  files: readonly Sent[],
  fields: Readonly<Record<string, string>> = {},
): Promise<Posted & { readonly first: Attachment }> {
  const answer = await upload(who, files, fields);
  if (answer.status !== 201) throw new Error(`not posted: ${answer.status} ${answer.text}`);
  const message = answer.json<Posted>();
  const [first] = message.attachments;
  if (!first) throw new Error('the message has no file');
  return { ...message, first };
}

/** A file's bytes. */
export async function download(who: Client, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const response = await who.open(path, { headers });
  return Buffer.from(await response.arrayBuffer());
}

/** An image of one colour. */
export function newImage(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: '#2a7' } });
}

export const noise = (bytes: number): Buffer => randomBytes(bytes);

/** A client with a new API token of the same user. */
export async function programOf(who: Client): Promise<Client> {
  const { text } = await who.form('/settings/tokens', { name: 'files' });
  const [, token] = /id="new-token"[^>]* value="([A-Za-z0-9]{20,})"/.exec(text) ?? [];
  if (!token) throw new Error('no token was shown');
  return who.bearer(token);
}

import { userByName } from '../accounts/operations.ts';
import { forbidden } from '../errors.ts';
import { groupAccess } from '../groups/operations.ts';
import { isMember } from '../groups/rules.ts';
import { keyIn, post as postMessage } from '../messages/operations.ts';
import type { Session } from './command.ts';
import { readText } from './input.ts';
import { findGroup } from './lookup.ts';

export type PostOptions = { readonly as: string; readonly key?: string; readonly replyTo?: number };

/** Posts a message. `text` missing or '-': reads standard input. `replyTo`: the seq of the message that it answers. */
export async function post({ core, out }: Session, slug: string, text: string | undefined, options: PostOptions): Promise<void> {
  const { as, key, replyTo } = options;
  const group = await findGroup(core, slug);
  const user = await userByName(core, as);
  const at = await groupAccess(core, user, group);
  if (!isMember(at)) throw forbidden(user.disabled ? `${user.name} is disabled.` : `${user.name} is not in ${group.slug}.`);
  const body = text === undefined || text === '-' ? await readText(core.config.maxBodyBytes * 4) : text;
  const posted = await postMessage(core, at, { body, replyTo, key: key === undefined ? undefined : keyIn('client', key) });
  const { seq } = posted.message;
  const url = `${core.config.basePath}/groups/${group.slug}/messages/${seq}`;
  out.write({ seq, url }, `${posted.isNew ? 'Posted' : 'Was posted before'}: #${seq} ${url}`);
}

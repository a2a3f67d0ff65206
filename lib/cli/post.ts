import { userByName } from '../accounts/operations.ts';
import { forbidden } from '../errors.ts';
import { groupAccess } from '../groups/operations.ts';
import { type GroupAccess, isMember } from '../groups/rules.ts';
import { keyIn, post as postMessage } from '../messages/operations.ts';
import { schedule } from '../scheduled/operations.ts';
import { timeIn } from '../scheduled/times.ts';
import type { Session } from './command.ts';
import { readText } from './input.ts';
import { findGroup } from './lookup.ts';

export type PostOptions = { readonly as: string; readonly key?: string; readonly replyTo?: number; readonly at?: string };

/** Posts a message, or with `at` schedules it. `text` missing or '-': reads standard input. `replyTo`: the seq of the message that it answers. */
export async function post(session: Session, slug: string, text: string | undefined, options: PostOptions): Promise<void> {
  const { core, out } = session;
  const { as, replyTo } = options;
  const group = await findGroup(core, slug);
  const user = await userByName(core, as);
  const at = await groupAccess(core, user, group);
  if (!isMember(at)) throw forbidden(user.disabled ? `${user.name} is disabled.` : `${user.name} is not in ${group.slug}.`);
  const body = text === undefined || text === '-' ? await readText(core.config.maxBodyBytes * 4) : text;
  const key = options.key === undefined ? undefined : keyIn('client', options.key);
  if (options.at !== undefined) return postLater(session, at, { body, replyTo, key, time: options.at });
  const posted = await postMessage(core, at, { body, replyTo, key });
  const { seq } = posted.message;
  const url = `${core.config.basePath}/groups/${group.slug}/messages/${seq}`;
  out.write({ seq, url }, `${posted.isNew ? 'Posted' : 'Was posted before'}: #${seq} ${url}`);
}

type Later = { readonly body: string; readonly time: string; readonly replyTo: number | undefined; readonly key: string | undefined };

/** A server posts it when its time has come. */
async function postLater({ core, out }: Session, at: GroupAccess, { time, ...input }: Later): Promise<void> {
  const sentAt = timeIn(time, { now: core.now(), zone: undefined });
  const { scheduled, isNew } = await schedule(core, at, { ...input, format: 'text', at: sentAt });
  const { id } = scheduled;
  const moment = new Date(scheduled.at).toISOString();
  out.write(
    { id, at: moment, url: `${core.config.basePath}/scheduled/${id}` },
    `${isNew ? 'Scheduled' : 'Was scheduled before'}: ${id} ${moment}`,
  );
}

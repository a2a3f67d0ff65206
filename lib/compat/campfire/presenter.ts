import type { User } from '../../accounts/port.ts';
import type { Core } from '../../core.ts';
import type { GroupAccess } from '../../groups/rules.ts';
import type { UserId } from '../../ids.ts';
import type { Entry } from '../../log/entry.ts';
import type { FoldedMessage } from '../../log/fold.ts';
import { messageJson } from '../../messages/presenter.ts';
import { peopleIn } from '../../messages/threads/context.ts';
import { UNRELATED } from '../../messages/threads/related.ts';
import type { Views } from '../../views/render.ts';

/** The context of a call. `origin`: of this site, for absolute URLs. */
export type CampfireContext = {
  readonly core: Core;
  readonly views: Pick<Views, 'assets'>;
  readonly at: GroupAccess;
  readonly origin: string;
};

/** A boost is a reaction; its id is the seq of the entry that made it. */
export type Boost = Entry & { readonly kind: 'react' | 'unreact' };

/** Messages in Campfire's format (app/views/messages/_message.json.jbuilder). An id is the message's seq, unique within its room. */
export async function messagesJson(campfire: CampfireContext, messages: readonly FoldedMessage[]) {
  const { core, at } = campfire;
  const people = peopleIn(messages.map((folded) => ({ type: 'message', folded })));
  const [profiles, users] = await Promise.all([core.directory.profiles(people), usersById(core, messages)]);
  return Array.fromAsync(messages, async (folded) => {
    const { message } = folded;
    const { body, html, attachments } = await messageJson(core, folded, at.group, { profiles, related: UNRELATED });
    return {
      id: message.seq,
      created_at: iso(message.at),
      body: { plain_text: body || (attachments[0]?.name ?? ''), html }, // as in Campfire: the file name for a message without text
      creator: personJson(campfire, message.author, users.get(message.author)),
      room: { id: at.group.number },
      url: urlOf(campfire, message.seq),
    };
  });
}

async function usersById(core: Core, messages: readonly FoldedMessage[]): Promise<ReadonlyMap<UserId, User>> {
  const ids = [...new Set(messages.map(({ message }) => message.author))];
  return new Map((await core.store.users.byIds(ids)).map((user) => [user.id, user]));
}

export function boostJson(campfire: CampfireContext, boost: Boost) {
  return {
    id: boost.seq,
    content: boost.emoji,
    created_at: iso(boost.at),
    booster: personJson(campfire, campfire.at.user.id, campfire.at.user),
    message: { id: boost.target, url: urlOf(campfire, boost.target) },
  };
}

/** A user in Campfire's format, with the site's icon as avatar. */
function personJson({ origin, views }: CampfireContext, id: UserId, user: User | undefined) {
  const role = user?.bot ? 'bot' : user?.admin ? 'administrator' : 'member';
  return { id, name: user?.name ?? 'somebody', role, avatar_url: origin + views.assets.url('icons/icon.svg') };
}

/** The URL of a message. Ends in `/messages/<id>` as in Campfire: bots read the id from `Location`. */
export const urlOf = ({ origin, at }: CampfireContext, seq: number): string => `${origin}/groups/${at.group.slug}/messages/${seq}`;

const iso = (at: number): string => new Date(at).toISOString();

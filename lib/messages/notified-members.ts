import type { Core } from '../core.ts';
import type { FoldedMessage } from '../log/fold.ts';
import { EVERYBODY } from '../markup/mentions.ts';

/** A member whom a message mentions. */
type Notified = { readonly id: string; readonly name: string };

/** The members whom a message mentions (without `@all`), in the order of the text; without its author, former members and disabled accounts. No read when it mentions nobody. */
export async function notifiedBy(core: Core, { message, state }: FoldedMessage): Promise<Notified[]> {
  const named = (state.mentions ?? []).filter((id) => id !== message.author && id !== EVERYBODY.id);
  if (named.length === 0) return [];
  const [users, members] = await Promise.all([core.store.users.byIds(named), core.store.memberships.ofGroup(message.group)]);
  const present = new Set(members.map(({ user }) => user));
  const byId = new Map(users.filter((user) => !user.disabled && present.has(user.id)).map((user) => [user.id, user]));
  return named.flatMap((id) => {
    const user = byId.get(id);
    return user ? { id, name: user.name } : [];
  });
}

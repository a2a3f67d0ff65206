import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import { forbidden } from '../errors.ts';
import { withTitle } from '../groups/direct.ts';
import type { Group } from '../groups/port.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { asGroupId, type GroupId } from '../ids.ts';
import { t } from '../language/text.ts';
import { type FoldedMessage, isErased } from '../log/fold.ts';
import { foldMessages, readMessage } from '../log/history.ts';
import type { Saved } from './port.ts';

/** Maximum number of saved messages per user. */
const MAX_SAVED = 1000;
/** Records read at a time: some may be in groups that the user has left. */
const WINDOW = 100;

/** Saves (`on`) or unsaves a message for this user. Idempotent. Errors: `notFound`, `forbidden` (erased, or too many). */
export async function save(core: Core, { user, group }: GroupAccess, seq: number, on: boolean): Promise<void> {
  const { saved } = core.store;
  if (!on) return saved.remove(user.id, group.id, seq);
  if (isErased(await readMessage(core, group.id, seq))) throw forbidden(t`Erased messages cannot be saved.`);
  if ((await saved.count(user.id)) >= MAX_SAVED) throw forbidden(t`You have saved ${MAX_SAVED} messages, which is the limit.`);
  await saved.put({ user: user.id, group: group.id, seq, at: core.now() });
}

/** A saved message and its group, with the title that the user sees. */
export type SavedMessage = { readonly group: Group; readonly folded: FoldedMessage; readonly at: number };
type SavedPosition = Omit<Saved, 'user'>;

/** A page of the saved messages of a user, newest first, without groups that they left. `next`: cursor of the next page. */
export async function readSaved(
  core: Core,
  user: User,
  { limit, after }: { readonly limit: number; readonly after?: SavedPosition | undefined },
): Promise<{ readonly kept: readonly SavedMessage[]; readonly next: SavedPosition | undefined }> {
  const mine = new Set((await core.store.memberships.ofUser(user.id)).map(({ group }) => group));
  const found: Saved[] = [];
  let from = after;
  for (let isMore = true; isMore && found.length <= limit; ) {
    const window = await core.store.saved.list(user.id, { limit: WINDOW, after: from });
    found.push(...window.filter(({ group }) => mine.has(group)));
    from = window.at(-1);
    isMore = window.length === WINDOW;
  }
  const page = found.slice(0, limit);
  return { kept: await fill(core, user, page), next: found.length > limit ? page.at(-1) : undefined };
}

/** Adds the folded messages and their groups; one read per group and one per message. */
async function fill(core: Core, user: User, page: readonly Saved[]): Promise<SavedMessage[]> {
  const byGroup = Map.groupBy(page, ({ group }) => group);
  const groups = await core.store.groups.byIds([...byGroup.keys()]);
  const named = new Map(await Promise.all(groups.map(async (group) => [group.id, await withTitle(core, user.id, group)] as const)));
  const folded = new Map<string, FoldedMessage>();
  for (const [group, saved] of byGroup) {
    const messages = await Promise.all(saved.map(({ seq }) => core.store.log.message(group, seq)));
    for (const one of await foldMessages(
      core,
      group,
      messages.flatMap((message) => message ?? []),
    ))
      folded.set(keyOf(group, one.message.seq), one);
  }
  return page.flatMap(({ group, seq, at }) => {
    const [where, what] = [named.get(group), folded.get(keyOf(group, seq))];
    return where && what ? [{ group: where, folded: what, at }] : [];
  });
}

const keyOf = (group: GroupId, seq: number): string => `${group}/${seq}`;

/** A position in the list as a URL-safe cursor. */
export const cursorOf = ({ at, group, seq }: SavedPosition): string => `${at}-${group}-${seq}`;

/** Parses a cursor; undefined when it is invalid. */
export function positionOf(cursor: string): SavedPosition | undefined {
  const [, at, group, seq] = /^(\d{1,15})-([0-9a-z]{1,32})-(\d{1,10})$/.exec(cursor) ?? [];
  return at && group && seq ? { at: Number(at), group: asGroupId(group), seq: Number(seq) } : undefined;
}

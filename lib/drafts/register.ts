import type { SharedText, TextName } from '../bus/port.ts';
import type { Core } from '../core.ts';
import { mayPost } from '../groups/rules.ts';
import type { GroupId } from '../ids.ts';
import { DRAFT_MS, type DraftName, MAX_IN_GROUP, MAX_OF_AUTHOR, type OpenDraft } from './draft.ts';

// Open drafts are texts on the bus, where every process reaches them, and nowhere else. All of these reject while the bus is down.

type Parts = Pick<Core, 'bus'>;

const nameOf = ({ group, author, id }: DraftName): TextName => ({ group, owner: author, name: id });

/** Everything else is in the name and version of the text. Signed by a server: it is as it was written. */
const written = ({ body, format, replyTo, thread }: OpenDraft): string => JSON.stringify({ body, format, replyTo, thread });

const draftIn = (group: GroupId, { owner: author, name: id, version: rev, text }: SharedText): OpenDraft => ({
  ...(JSON.parse(text) as Pick<OpenDraft, 'body' | 'format' | 'replyTo' | 'thread'>),
  ...{ group, author, id, rev },
});

/** Adds a draft with `rev` 1. Resolves to whose limit refuses it. */
export const addDraft = ({ bus }: Parts, draft: OpenDraft): Promise<'added' | 'owner' | 'group'> =>
  bus.texts.add(nameOf(draft), written(draft), { leaseMs: DRAFT_MS, most: MAX_IN_GROUP, mostOfOwner: MAX_OF_AUTHOR });

/** Stores the next revision of a draft. Resolves to false when the one before it is not the present one any more. */
export const replaceDraft = ({ bus }: Parts, draft: OpenDraft): Promise<boolean> =>
  bus.texts.replace(nameOf(draft), written(draft), { version: draft.rev - 1, leaseMs: DRAFT_MS });

export async function readDraft({ bus }: Parts, name: DraftName): Promise<OpenDraft | undefined> {
  const text = await bus.texts.get(nameOf(name));
  return text && draftIn(name.group, text);
}

/** The open drafts of a group whose authors may post there still. */
export async function listPermitted({ bus, lookupCache }: Pick<Core, 'bus' | 'lookupCache'>, group: GroupId): Promise<OpenDraft[]> {
  const drafts = (await bus.texts.list(group)).map((text) => draftIn(group, text));
  const mayWrite = await Promise.all(
    drafts.map(async ({ author }) => {
      const [at, user] = [await lookupCache.groups.byId(group), await lookupCache.users.byId(author)]; // the group first: see LookupCache
      return (
        at !== undefined && user !== undefined && mayPost({ group: at, user, membership: await lookupCache.memberships.get(group, author) })
      );
    }),
  );
  return drafts.filter((_, index) => mayWrite[index]);
}

export const removeDraft = ({ bus }: Parts, name: DraftName): Promise<boolean> => bus.texts.remove(nameOf(name));

/** Tells every process that a draft was begun, changed or ended. */
export const announce = ({ bus }: Parts, { group, author, id }: DraftName): void => bus.publish({ type: 'draft', group, user: author, id });

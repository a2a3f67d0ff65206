import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import { asUserId } from '../ids.ts';

/** Rows of each list on a page. */
const PAGE_SIZE = 100;
/** Rows per read while names are filtered. */
const WINDOW = 500;

/** One page of a list; `next`: the cursor of the next page, or null. */
export type Part<T> = { readonly rows: readonly T[]; readonly next: string | null };

/** Whether a name contains these words, ignoring case and width. Every name contains ''. */
const hasIn = (words: string) => {
  const wanted = nameKey(words);
  return ({ name }: { readonly name: string }): boolean => nameKey(name).includes(wanted);
};

/** People or bots whose names contain `words`, oldest first, after the user with id `after`. */
export async function listUsers(core: Core, { bots, words, after }: { bots: boolean; words: string; after: string }): Promise<Part<User>> {
  let last = after === '' ? undefined : await core.store.users.byId(asUserId(after));
  const isWanted = hasIn(words);
  return gatherPart(
    async () => {
      const window = await core.store.users.list({ limit: WINDOW, bot: bots, ...(last ? { after: last } : {}) });
      last = window.at(-1);
      return window;
    },
    isWanted,
    ({ id }) => id,
  );
}

/** Groups whose names contain `words`, by number, after number `after`. Without direct messages. */
export async function listGroups(core: Core, { words, after }: { words: string; after: number }): Promise<Part<Group>> {
  let afterNumber = after;
  return gatherPart(
    async () => {
      const window = await core.store.groups.list({ limit: WINDOW, kind: 'group', afterNumber });
      afterNumber = window.at(-1)?.number ?? afterNumber;
      return window;
    },
    hasIn(words),
    ({ number }) => String(number),
  );
}

/** Reads windows until a page is full or the list ends. */
async function gatherPart<T>(read: () => Promise<T[]>, isWanted: (row: T) => boolean, cursorOf: (row: T) => string): Promise<Part<T>> {
  const rows: T[] = [];
  for (;;) {
    const window = await read();
    rows.push(...window.filter(isWanted));
    const shown = rows.slice(0, PAGE_SIZE);
    const last = shown.at(-1);
    if (rows.length > PAGE_SIZE && last) return { rows: shown, next: cursorOf(last) };
    if (window.length < WINDOW) return { rows, next: null };
  }
}

import { nameKey } from '../accounts/account.ts';
import type { User } from '../accounts/port.ts';
import type { Core } from '../core.ts';
import type { Group } from '../groups/port.ts';
import { asUserId } from '../ids.ts';

/** Rows that a page shows of each list. */
const PAGE_SIZE = 100;
/** Rows that are read at once while names are looked through. */
const WINDOW = 500;

/** A part of a list, and the cursor behind it where there is more. */
export type Part<T> = { readonly rows: readonly T[]; readonly next: string | null };

/** Whether a name has these words in it, whatever their case or width. Everything has ''. */
const hasIn = (words: string) => {
  const wanted = nameKey(words);
  return ({ name }: { readonly name: string }): boolean => nameKey(name).includes(wanted);
};

/** People or bots, by when they came, whose names have `words` in them; after the one whose id is `after`. */
export async function listUsers(core: Core, { bots, words, after }: { bots: boolean; words: string; after: string }): Promise<Part<User>> {
  let last = after === '' ? undefined : await core.store.users.byId(asUserId(after));
  const isWanted = hasIn(words);
  return gatherPart(
    async () => {
      const window = await core.store.users.list({ limit: WINDOW, ...(last ? { after: last } : {}) });
      last = window.at(-1);
      return window;
    },
    (user) => user.bot === bots && isWanted(user),
    ({ id }) => id,
  );
}

/** Groups, by number, whose names have `words` in them; after the one of number `after`. Never direct messages. */
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

/** Reads window by window until a page is full or the list is over. */
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

import type { User } from '../accounts/port.ts';
import type { Store } from '../store/port.ts';

const PAGE = 500;

/** All people and bots, or with `bot` only bots (true) or people (false), oldest first, read in pages. Errors: StoreUnavailable. */
export async function* everyUser({ users }: Pick<Store, 'users'>, kind: { readonly bot?: boolean } = {}): AsyncGenerator<User> {
  for (let after: User | undefined; ; ) {
    const page = await users.list({ ...kind, limit: PAGE, ...(after ? { after } : {}) });
    yield* page;
    after = page.at(-1);
    if (page.length < PAGE) return;
  }
}

import type { Store } from '../store/port.ts';
import type { Group } from './port.ts';

const PAGE = 500;

/** `kind`: only groups, or only direct messages. `afterNumber`: of the group before the first one. */
type Which = { readonly kind?: Group['kind']; readonly afterNumber?: number };

/** Every group with its direct messages, by number, in pages as they are read. The last page may be empty. Errors: StoreUnavailable. */
export async function* groupPages({ groups }: Pick<Store, 'groups'>, { kind, afterNumber = 0 }: Which = {}): AsyncGenerator<Group[]> {
  for (let after = afterNumber; ; ) {
    const page = await groups.list({ limit: PAGE, afterNumber: after, ...(kind && { kind }) });
    yield page;
    after = page.at(-1)?.number ?? after;
    if (page.length < PAGE) return;
  }
}

/** The same, one by one. */
export async function* everyGroup(store: Pick<Store, 'groups'>, which?: Which): AsyncGenerator<Group> {
  for await (const page of groupPages(store, which)) yield* page;
}

import type { StoredRecord } from '../backup/port.ts';
import type { Store } from '../store/port.ts';
import type { TextCollection } from './records.ts';

const AT_ONCE = 200;

/** The texts of every record of a collection, as they are stored. */
export async function* everyRecord({ rewrite }: Pick<Store, 'rewrite'>, name: TextCollection): AsyncIterable<StoredRecord> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const found: StoredRecord[] = [];
    const { last }: { readonly last: string | undefined } = await rewrite.records(name, { after, limit: AT_ONCE }, (record) => {
      found.push(record);
      return undefined;
    });
    yield* found;
    after = last;
  }
}

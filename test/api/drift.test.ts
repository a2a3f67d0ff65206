import test from 'ava';
import type { Drift } from '../../lib/api/presented.ts';

type Described = { id: string; list: { n: number }[]; note?: string; open: Record<string, unknown> };
type Fitting = { id: string; readonly list: readonly { n: 1 | 2 }[]; open: { any: 'thing' } };

// The compiler checks these: each value must be of the type that Drift finds.
const fits: [Drift<Fitting, Described>] extends [never] ? true : false = true;
const more: Drift<Fitting & { more?: string }, Described> = '.more';
const nested: Drift<Omit<Fitting, 'list'> & { list: { n: number; m: number }[] }, Described> = '.list[].m';
const missing: Drift<Omit<Fitting, 'id'>, Described> = ' has another type';
const other: Drift<Fitting & { note: number }, Described> = ' has another type';

test('API: a presenter that drifts from its schema does not compile', (t) => {
  t.deepEqual([fits, more, nested, missing, other], [true, '.more', '.list[].m', ' has another type', ' has another type']);
});

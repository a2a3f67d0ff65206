import { plural, t } from '../language/text.ts';
import type { Entry } from '../log/entry.ts';
import { type LineRow, nameOf, type Profiles, presentLine } from './system-message.ts';

/** A system message on a page. */
export type SingleLine = LineRow & { readonly author: null };
/** Consecutive system messages of one day, shown as one expandable row. `seq`, `iso`, `day`: of the first. */
export type FoldedLines = Pick<LineRow, 'seq' | 'iso' | 'day' | 'dayLabel'> & {
  readonly author: null;
  readonly fold: { readonly summary: string; readonly lines: readonly LineRow[] };
};

/** Minimum number of consecutive system messages that are collapsed. */
const MIN_COLLAPSED = 3;
/** A summary with more names lists two and counts the others. */
const MAX_NAMES = 3;

/** Rows for consecutive system messages. */
export function presentRun(entries: readonly Entry[], profiles: Profiles): (SingleLine | FoldedLines)[] {
  const days = Map.groupBy(
    entries.map((entry) => ({ entry, line: presentLine(entry, profiles) })),
    ({ line }) => line.day,
  );
  return [...days.values()].flatMap((all): (SingleLine | FoldedLines)[] => {
    const lines = all.map(({ line }) => line);
    const [first] = lines;
    if (!first || lines.length < MIN_COLLAPSED) return lines.map((line) => ({ ...line, author: null }));
    const { seq, iso, day, dayLabel } = first;
    const ofDay = all.map(({ entry }) => entry);
    return [{ seq, iso, day, dayLabel, author: null, fold: { summary: summaryOf(ofDay, profiles), lines } }];
  });
}

/** `Ann, Bob and 3 others joined · Carl left · 2 other changes`. */
export function summaryOf(entries: readonly Entry[], profiles: Profiles): string {
  const membershipChanges = (kind: 'join' | 'leave', textOf: (names: string) => string): string[] => {
    const people = new Set(entries.flatMap((entry) => (entry.kind === kind ? [entry.member] : [])));
    return people.size === 0 ? [] : [textOf(namesOf([...people].map((id) => nameOf(profiles, id))))];
  };
  const others = entries.filter(({ kind }) => kind !== 'join' && kind !== 'leave').length;
  const rest = others === 0 ? [] : [plural(others, 'other change')];
  return [
    ...membershipChanges('join', (names) => t`${names} joined`),
    ...membershipChanges('leave', (names) => t`${names} left`),
    ...rest,
  ].join(' · ');
}

function namesOf(names: readonly string[]): string {
  const shown = names.length > MAX_NAMES ? [...names.slice(0, 2), plural(names.length - 2, 'other')] : names;
  return shown.length < 2 ? shown.join('') : t`${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

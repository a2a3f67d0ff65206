import type { Journey } from './journey-fixtures.ts';
import { COMING } from './journeys-coming.ts';
import { GROUPS } from './journeys-groups.ts';
import { READING } from './journeys-reading.ts';
import { THREADS } from './journeys-threads.ts';
import { WRITING } from './journeys-writing.ts';

/** All journeys; each runs with and without JavaScript. */
export const JOURNEYS: readonly Journey[] = [...COMING, ...WRITING, ...READING, ...THREADS, ...GROUPS];

/** The title of a journey's test, with the substitute without JavaScript. */
export const titleOf = ({ name, standsIn }: Journey, script: 'on' | 'off'): string =>
  `JavaScript ${script}: ${name}${script === 'off' && standsIn ? ` (here: ${standsIn})` : ''}`;

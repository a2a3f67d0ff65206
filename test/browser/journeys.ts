import type { Journey } from './journey-cast.ts';
import { COMING } from './journeys-coming.ts';
import { GROUPS } from './journeys-groups.ts';
import { READING } from './journeys-reading.ts';
import { WRITING } from './journeys-writing.ts';

/** What people do, each walked with JavaScript on and off. */
export const JOURNEYS: readonly Journey[] = [...COMING, ...WRITING, ...READING, ...GROUPS];

/** What a walk is called. Without JavaScript something may stand in for what a browser cannot do then. */
export const titleOf = ({ name, standsIn }: Journey, script: 'on' | 'off'): string =>
  `JavaScript ${script}: ${name}${script === 'off' && standsIn ? ` (here: ${standsIn})` : ''}`;

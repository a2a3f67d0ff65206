import { inLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { isFrame, languageOf } from './formats.ts';
import { sseFrame } from './frame.ts';

/** Why a stream ends for good, or `reset`. */
export type Ending = 'left' | 'deleted' | 'loggedOut' | 'reset';

const REASONS: Readonly<Record<Ending, () => string>> = {
  left: () => t`You are no longer in this group.`,
  deleted: () => t`This group was deleted.`,
  loggedOut: () => t`You have been logged out.`,
  reset: () => 'load the page again',
};

/** The event `closed`, whose reason a page shows, or `reset`, in the language of the stream; '' for formats that have no events. */
export function endingEvent(format: string, ending: Ending): string {
  if (isFrame(format) || format === 'text') return '';
  return sseFrame(inLanguage(languageOf(format), REASONS[ending]), { event: ending === 'reset' ? 'reset' : 'closed' });
}

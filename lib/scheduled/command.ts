import type { Core } from '../core.ts';
import { invalid } from '../errors.ts';
import type { GroupAccess } from '../groups/rules.ts';
import { t } from '../language/text.ts';
import { remind, schedule } from './operations.ts';
import { zonedMoment } from './times.ts';
import { parseWhen } from './when.ts';

const TO_WHOM = /^(?:(me|moi)|(here|ici))\s+([\s\S]*)$/i;

/**
 * `/remind me|here <time> <text>`, in English or French: `me` reminds the user in their notes, `here` posts the text into the group. Resolves to what was
 * understood, in words. `zone`: IANA name. Errors: `invalid` (body): with an example; those of `schedule`.
 */
export async function remindBy(core: Core, at: GroupAccess, rest: string, zone: string): Promise<string> {
  const [, me, , what = ''] = TO_WHOM.exec(rest) ?? [];
  const when = parseWhen(what, { now: core.now(), zone });
  if (!when)
    throw invalid('body', t`Say whom, when and what: /remind me tomorrow 9:00 call Bob, or /remind here on 2026-12-01 14:00 stand-up`);
  if (when.at < core.now()) throw invalid('body', t`This time is past: ${zonedMoment(when.at, at.user, zone)}.`);
  if (when.rest === '') throw invalid('body', t`Say what to be reminded of: /remind me in 20 minutes tea`);
  const moment = zonedMoment(when.at, at.user, zone);
  if (me !== undefined) {
    await remind(core, at, { body: when.rest.replace(/^(?:to|that)\s+/i, ''), at: when.at });
    return t`You will be reminded: ${moment}.`;
  }
  await schedule(core, at, { body: when.rest, format: 'markdown', at: when.at });
  return t`It will be posted here: ${moment}.`;
}

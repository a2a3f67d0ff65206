import type { Core } from '../core.ts';
import { lineText, messageText } from '../messages/presenter.ts';
import { datesIn } from '../text/dates.ts';
import type { TextFile } from './folder.ts';
import { iso, peopleIn } from './json.ts';
import type { ExportedLine } from './lines.ts';
import { type ExportOptions, Tally } from './options.ts';
import { type ExportedGroup, groupsOf } from './scope.ts';

const { day, time } = datesIn('UTC');

/** Writes messages as text: a heading for each group and day, then `14:02 name: text`. Times are in UTC. Errors: StoreUnavailable. */
export async function writeText(core: Core, out: TextFile, options: ExportOptions): Promise<Tally> {
  const tally = new Tally(options);
  const { scope } = options;
  for await (const one of groupsOf(core, scope)) {
    let isBegun = false;
    let shown = '';
    for await (const line of one.lines) {
      const text = await textOf(core, line, options);
      if (text === undefined) continue;
      if (!isBegun) {
        isBegun = true;
        tally.groups += 1;
        await out.write(headingOf(core, one));
      }
      if (text.day !== shown) {
        shown = text.day;
        await out.write(`\n--- ${shown} ---\n`);
      }
      await out.write(`${text.text}\n`);
      if (line.type === 'message') tally.message(line.folded);
    }
    if (!isBegun && 'group' in scope) await out.write(headingOf(core, one));
  }
  return tally;
}

const headingOf = (core: Core, { group, title }: ExportedGroup): string =>
  `\n# ${title} (/groups/${group.slug}), exported ${iso(core.now())}, times in UTC\n`;

async function textOf(core: Core, line: ExportedLine, { scope }: ExportOptions): Promise<{ day: string; text: string } | undefined> {
  const profiles = await core.directory.profiles(peopleIn(line));
  if (line.type === 'line') {
    const text = lineText(line.entry, profiles);
    return text === '' ? undefined : { day: day(line.entry.at), text: `${time(line.entry.at)} * ${text}` };
  }
  const { at, author } = line.folded.message;
  if ('user' in scope && author !== scope.user.id) return undefined;
  return { day: day(at), text: `${time(at)} ${await messageText(core, line.folded, profiles)}` };
}

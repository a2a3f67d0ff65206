/** One act in a demo group. `at`: ms relative to today's midnight (UTC), always negative. `line`: the id of the message within the script. */
export type Act = { readonly at: number; readonly line: string; readonly who: string } & (
  | { readonly kind: 'post'; readonly text: string }
  | { readonly kind: 'edit'; readonly text: string }
  | { readonly kind: 'erase' }
  | { readonly kind: 'react'; readonly emoji: string }
);

const DAY = /^day (\d+)$/;
const MESSAGE = /^(\d\d):(\d\d) (\p{L}+): (.+)$/u;
const EDIT = /^ {2}edit: (.+)$/;
const ERASE = /^ {2}erase$/;
const REACTION = /^ {2}(\S+) (.+)$/;
const MINUTE_MS = 60_000;

/**
 * Parses a demo script: `day 5` (five days ago), `09:30 Name: text` (⏎ for a line break), and below a message, indented by two spaces,
 * `edit: text`, `erase`, or an emoji and the names of those who react. Returns acts ordered by time. Throws on an unknown line.
 */
export function readDemoScript(script: string): Act[] {
  const acts: Act[] = [];
  let day = 0;
  let last: Act | undefined;
  for (const line of script.split('\n').filter(Boolean)) {
    const newDay = DAY.exec(line);
    if (newDay) day = Number(newDay[1]);
    else if (MESSAGE.test(line)) {
      last = messageOf(line, day);
      acts.push(last);
    } else if (last) acts.push(...followUpsOf(line, last));
    else throw new Error(`No message before this line: ${line}`);
  }
  return acts.sort((a, b) => a.at - b.at);
}

function messageOf(line: string, day: number): Act {
  const [, hour, minute, who = '', text = ''] = MESSAGE.exec(line) ?? [];
  const at = (Number(hour) * 60 + Number(minute) - day * 24 * 60) * MINUTE_MS;
  return { kind: 'post', at, who, line: `${day}-${hour}${minute}-${who}`, text: withBreaks(text) };
}

/** Edits and erasures come one minute after the message; reactions from two minutes after it. */
function followUpsOf(line: string, { at, who, line: name }: Act): Act[] {
  const [, text] = EDIT.exec(line) ?? [];
  if (text !== undefined) return [{ kind: 'edit', at: at + MINUTE_MS, who, line: name, text: withBreaks(text) }];
  if (ERASE.test(line)) return [{ kind: 'erase', at: at + MINUTE_MS, who, line: name }];
  const [, emoji = '', reacting] = REACTION.exec(line) ?? [];
  if (reacting === undefined) throw new Error(`Unknown line in the demo script: ${line}`);
  return reacting.split(' ').map((one, index) => ({ kind: 'react', at: at + (2 + index / 4) * MINUTE_MS, who: one, line: name, emoji }));
}

const withBreaks = (text: string): string => text.replaceAll('⏎', '\n');

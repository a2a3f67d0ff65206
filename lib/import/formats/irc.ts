import { sha256 } from '../../secrets.ts';
import { type Archive, readLines } from '../archive/archive.ts';
import type { Collector, Source } from '../source.ts';

const WEECHAT = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)\t([^\t]*)\t(.*)$/;
const OPENED = /^--- Log opened \w+ (\w{3}) +(\d{1,2}) [\d:]+ (\d{4})/;
const DAY = /^--- Day changed \w+ (\w{3}) +(\d{1,2}) (\d{4})/;
const IRSSI = /^(?:\[?)(\d\d:\d\d(?::\d\d)?)(?:\]?) (.*)$/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Whether the start of a file is that of a log of weechat or irssi. */
export const isIrcLog = (start: string): boolean => {
  const lines = start.split('\n').slice(0, 20);
  return lines.some((line) => WEECHAT.test(line.replace(/\r$/, '')) || OPENED.test(line) || DAY.test(line));
};

export type IrcOptions = {
  /** IANA name of the zone of the times in the logs. */
  readonly timeZone: string;
};

/** Logs of weechat and irssi: a file for each channel. They have nicknames, times and texts. */
export function openIrc(archive: Archive, paths: readonly string[], origin: string, { timeZone }: IrcOptions): Source {
  return {
    format: 'irc',
    origin,
    async read(into) {
      const repeated = new Map<string, number>();
      const met = new Set<string>();
      for (const path of [...paths].sort()) await readLog(archive, path, into, { toMs: localTimes(timeZone), repeated, met });
    },
    open: async () => undefined,
  };
}

type Reading = { readonly toMs: (day: string, time: string) => number; readonly repeated: Map<string, number>; readonly met: Set<string> };
type Line = { readonly day: string; readonly time: string; readonly nick: string; readonly text: string };

async function readLog(archive: Archive, path: string, into: Collector, { toMs, repeated, met }: Reading): Promise<void> {
  const channel = channelOf(path);
  into.channel({ id: channel, name: channel, kind: 'closed', members: [] });
  let day = '';
  for await (const raw of readLines(archive, path)) {
    day = dayOf(raw) ?? day;
    const line = lineOf(raw, day);
    if (line === 'system') into.leftOut('lines about joins, parts, modes and the like', raw);
    else if (line === undefined && raw.trim() !== '' && !raw.startsWith('---')) into.leftOut('lines that are not understood', raw);
    if (line === undefined || line === 'system') continue;
    const author = line.nick.toLowerCase();
    if (!met.has(author)) {
      met.add(author);
      into.person({ id: author, name: line.nick, login: line.nick });
    }
    const base = `${line.day} ${line.time} ${sha256(`${author} ${line.text}`).slice(0, 16)}`;
    const count = (repeated.get(`${channel} ${base}`) ?? 0) + 1;
    repeated.set(`${channel} ${base}`, count);
    into.message({ id: `${base} ${count}`, channel, at: toMs(line.day, line.time), author, text: line.text, format: 'text' });
  }
}

/** `irc.libera.#parley.weechatlog`, `libera/#parley.log`, `#parley.2024-01.log` → `#parley`. */
export function channelOf(path: string): string {
  const name = (path.split('/').at(-1) ?? path).replace(/\.(?:weechatlog|log|txt)$/i, '').replace(/[._-]\d{4}(?:-\d\d){0,2}$/, '');
  const [, channel] = /^irc\.[^.]+\.(.+)$/i.exec(name) ?? [];
  return channel ?? name;
}

function dayOf(line: string): string | undefined {
  const [, month = '', day = '', year = ''] = OPENED.exec(line) ?? DAY.exec(line) ?? [];
  const number = MONTHS.indexOf(month) + 1;
  return number === 0 ? undefined : `${year}-${String(number).padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function lineOf(raw: string, day: string): Line | 'system' | undefined {
  const [, date, time = '', prefix = '', said = ''] = WEECHAT.exec(raw) ?? [];
  if (date !== undefined) return weechatLine({ day: date, time }, prefix, said);
  const [, clock, rest = ''] = day === '' ? [] : (IRSSI.exec(raw) ?? []);
  return clock === undefined ? undefined : irssiLine({ day, time: clock.length === 5 ? `${clock}:00` : clock }, rest);
}

type When = Pick<Line, 'day' | 'time'>;

function weechatLine(when: When, prefix: string, said: string): Line | 'system' | undefined {
  if (prefix.trim() === '*') return action(when, said);
  if (/^(?:-->|<--|--|=!=|=|)$/.test(prefix.trim())) return 'system';
  return { ...when, nick: bareNick(prefix), text: withoutCodes(said) };
}

function irssiLine(when: When, rest: string): Line | 'system' | undefined {
  const [, nick, said = ''] = /^<([^>]+)> ?(.*)$/.exec(rest) ?? [];
  if (nick !== undefined) return { ...when, nick: bareNick(nick), text: withoutCodes(said) };
  const [, done] = /^ ?\* (.*)$/.exec(rest) ?? [];
  if (done !== undefined) return action(when, done);
  const [, noticed, notice = ''] = /^-([^:!-][^:-]*)(?::[^-]*)?- (.*)$/.exec(rest) ?? [];
  if (noticed !== undefined) return { ...when, nick: bareNick(noticed), text: withoutCodes(notice) };
  return rest.startsWith('-!-') || rest.startsWith('!') ? 'system' : undefined;
}

/** `nick waves`. */
function action(when: When, said: string): Line | undefined {
  const [, nick, rest = ''] = /^(\S+) ?(.*)$/.exec(said) ?? [];
  return nick === undefined ? undefined : { ...when, nick: bareNick(nick), text: `* ${bareNick(nick)} ${withoutCodes(rest)}`.trimEnd() };
}

/** Without the mode of the person in the channel. */
const bareNick = (nick: string): string => nick.trim().replace(/^[~&@%+]/, '');

/** Without bold, colours and the like. */
const withoutCodes = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes
  text.replace(/\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?|[\x02\x0f\x11\x16\x1d\x1e\x1f]/gi, '');

/** Converts times of a zone to ms; a time that occurs twice is the first, one that does not occur is an hour off. Errors: RangeError. */
export function localTimes(timeZone: string): Reading['toMs'] {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  const offsetAt = (at: number): number => Date.parse(`${format.format(at).replace(' ', 'T')}Z`) - at;
  return (day, time) => {
    const asUtc = Date.parse(`${day}T${time}Z`);
    const guess = asUtc - offsetAt(asUtc);
    return asUtc - offsetAt(guess);
  };
}

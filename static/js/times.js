// Times in the reader's time zone and language.
import { byId, list, make } from './dom.js';

// What the reader has chosen in the settings; what is not chosen is as the browser has it.
const { zone, clock: hours } = document.documentElement.dataset;
const inZone = zone ? { timeZone: zone } : {};
const chosen = { ...inZone, ...(hours && { hour12: hours === '12' }) };
/** The language of the page, in the reader's variant of it: en-GB has another clock than en-US. */
const { lang } = document.documentElement;
const locale = navigator.languages.find((one) => one.split('-')[0] === lang) ?? lang;
const format = (options) => new Intl.DateTimeFormat(locale, options);
const clock = format({ hour: '2-digit', minute: '2-digit', ...chosen });
const long = format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', ...inZone });
const full = format({ dateStyle: 'full', timeStyle: 'short', ...chosen });
const [weekday, day, dayOfYear] = [
  format({ weekday: 'short', ...inZone }),
  format({ day: 'numeric', month: 'short', ...inZone }),
  format({ day: 'numeric', month: 'short', year: 'numeric', ...inZone }),
];
const relative = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });

const DAY_MS = 86_400_000;
/** The calendar day, such as 2025-11-12. */
const calendar = new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit', ...inZone });
/** How many days ago it was, by the calendar. */
const daysAgo = (date) => Math.round((Date.parse(calendar.format(new Date())) - Date.parse(calendar.format(date))) / DAY_MS);

/** Today or Yesterday; otherwise ''. */
function nearDay(date) {
  const ago = daysAgo(date);
  const name = ago === 0 || ago === 1 ? relative.format(-ago, 'day') : '';
  return name.charAt(0).toLocaleUpperCase(lang) + name.slice(1);
}

/** Today, Yesterday, Tue, 12 Nov, or 12 Nov 2025. lib/text/dates.ts writes the same for pages without this script. */
function dayName(date) {
  const [near, ago] = [nearDay(date), daysAgo(date)];
  if (near) return near;
  if (ago > 1 && ago < 7) return weekday.format(date);
  return (calendar.format(date).slice(0, 4) === calendar.format(new Date()).slice(0, 4) ? day : dayOfYear).format(date);
}

const momentOf = (date) => `${nearDay(date) || dayOfYear.format(date)}, ${clock.format(date)}`;
const whenOf = (date) => (daysAgo(date) === 0 ? clock.format(date) : dayName(date));

/** Shows times as hours and minutes, except how long ago a member was last here. */
export function localise(root) {
  for (const time of root.querySelectorAll('time[datetime*="T"]')) {
    const date = new Date(time.dateTime);
    if (!time.closest('.seen')) time.textContent = clock.format(date);
    time.title = full.format(date);
  }
}

/** Shows date and time where there is no heading with the day. */
export function localiseDates(root) {
  for (const time of root.querySelectorAll('time:is(.moment, .when), :is(.hits, .versions) time[datetime*="T"]')) {
    const date = new Date(time.dateTime);
    time.textContent = (time.matches('.when') ? whenOf : momentOf)(date);
    time.title = full.format(date);
  }
}

/** Puts a heading before the first row of each day. */
export function breakDays() {
  let last = '';
  for (const row of [...list.children]) {
    if (row.className === 'day') row.remove();
    const time = /^[mf]-/.test(row.id) && row.querySelector('time[datetime*="T"]');
    if (!time) continue;
    const date = new Date(time.dateTime);
    const before = row.previousElementSibling?.id === 'unread' ? row.previousElementSibling : row;
    const day = long.format(date);
    if (day !== last) before.before(dayHeading(date));
    last = day;
  }
}

const dayHeading = (date) =>
  make(
    'h2',
    { className: 'day' },
    make('time', { dateTime: date.toISOString().slice(0, 10), textContent: nearDay(date) || long.format(date) }),
  );

/** Updates how long ago members were last here, with the words of lib/text/dates.ts. */
function updateAgo() {
  for (const time of document.querySelectorAll('#members .seen time')) {
    const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60_000);
    const [count, unit] = minutes >= 1440 ? [minutes / 1440, 'day'] : minutes >= 60 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
    if (count >= 1) time.textContent = relative.format(-Math.floor(count), unit);
  }
}

// Forms with a time say in which zone it is: the one that the reader has chosen, else that of the browser.
const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const input of document.querySelectorAll('input[name="time_zone"][value=""]')) {
  input.value = browserZone;
  const name = input.form.querySelector('.own-zone');
  if (name) name.textContent = browserZone;
}

if (list) localise(list);
localiseDates(document);
if (list) breakDays();
document.addEventListener('htmx:after:swap', ({ target }) => target.matches('.past') && localiseDates(target));
if (byId('members')) setInterval(updateAgo, 60_000);

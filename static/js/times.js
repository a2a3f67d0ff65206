// Times in the reader's time zone and language.
import { byId, list, make } from './dom.js';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const long = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** Shows times as hours and minutes, except how long ago a member was last here. */
export function localise(root) {
  for (const time of root.querySelectorAll('time[datetime*="T"]')) {
    const date = new Date(time.dateTime);
    if (!time.closest('.seen')) time.textContent = clock.format(date);
    time.title = full.format(date);
  }
}

/** Shows date and time where there is no heading with the day. */
function localiseDates(root) {
  for (const time of root.querySelectorAll('time.moment, :is(.hits, .versions) time[datetime*="T"]')) {
    const date = new Date(time.dateTime);
    time.textContent = (time.closest('.hits, .versions') ? full : moment).format(date);
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
    if (date.toDateString() !== last) before.before(dayHeading(date));
    last = date.toDateString();
  }
}

const dayHeading = (date) =>
  make('h2', { className: 'day' }, make('time', { dateTime: date.toISOString().slice(0, 10), textContent: long.format(date) }));

/** Updates how long ago members were last here, with the words of lib/text/dates.ts. */
function updateAgo() {
  for (const time of document.querySelectorAll('#members .seen time')) {
    const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60_000);
    const [count, unit] = minutes >= 1440 ? [minutes / 1440, 'day'] : minutes >= 60 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
    if (count >= 1) time.textContent = relative.format(-Math.floor(count), unit);
  }
}

if (list) localise(list);
localiseDates(document);
if (list) breakDays();
document.addEventListener('htmx:after:swap', ({ target }) => target.matches('.past') && localiseDates(target));
if (byId('members')) setInterval(updateAgo, 60_000);

/** Whether quiet hours (`22:00 07:00 Europe/Paris`; '' or undefined: none) are at `now` (ms), by the rule of lib/accounts/preferences.ts. A test compares both. */
export function isQuiet(hours, now = Date.now()) {
  if (!hours) return false;
  const [from, to, timeZone] = hours.split(' ');
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' }).format(now);
  return from < to ? time >= from && time < to : time >= from || time < to;
}

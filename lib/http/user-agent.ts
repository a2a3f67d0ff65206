import { t } from '../language/text.ts';

const BROWSERS: readonly (readonly [string, RegExp])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
];
const SYSTEMS: readonly (readonly [string, RegExp])[] = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMac ?OS\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Linux', /\bLinux\b/],
];

/** A label of `labelOf` in the current language. */
export function shownLabel(label: string): string {
  const [, name, system] = /^(.+?)(?: on (.+))?$/.exec(label) ?? [];
  const browser = name === undefined || name === 'A browser' ? t`A browser` : name;
  return system === undefined ? browser : t`${browser} on ${system}`;
}

/** Names a browser for its owner: `Firefox on Linux`. Nothing else of the User-Agent is stored. In English: see `shownLabel`. */
export function labelOf(userAgent: string): string {
  const nameIn = (table: typeof BROWSERS): string | undefined => table.find(([, pattern]) => pattern.test(userAgent))?.[0];
  const system = nameIn(SYSTEMS);
  return [nameIn(BROWSERS) ?? 'A browser', ...(system ? [`on ${system}`] : [])].join(' ');
}

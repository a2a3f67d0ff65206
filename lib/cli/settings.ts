import { readConfig, type Setting } from '../config.ts';
import { SECRET_SETTINGS } from '../config-files.ts';
import type { Out } from './out.ts';

/** Secret settings that are URLs: only their passwords are hidden. */
const IS_URL = /_URL$/;

/** Prints every setting with its value and source. Throws ConfigError for invalid ones. */
export function printSettings(out: Out): void {
  const settings: Setting[] = [];
  readConfig(undefined, (setting) => settings.push(setting));
  out.list(
    settings.map(({ name, value, source }) => ({ name, value: shown(name, value), source })),
    '',
  );
}

function shown(name: string, value: Setting['value']): string | number | boolean {
  if (value === undefined) return '';
  const isSecret = name in SECRET_SETTINGS;
  if (isSecret && IS_URL.test(name)) return String(value).replaceAll(/\/\/[^@/,]*@/g, '//…@');
  if (isSecret) return Array.isArray(value) ? `${value.length} set` : 'set';
  return typeof value === 'object' ? value.join(',') : value;
}

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The reason why something that a test needs is missing. */
export type Missing = { readonly missing: string };

/** The full path of a program on PATH. */
export function which(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** As `which`, in the shape that `requireOrSkip` takes. */
export function program(name: string): { readonly path: string } | Missing {
  const path = which(name);
  return path ? { path } : { missing: `${name} is not installed` };
}

const WHOLE_CHROMIUMS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
/** The headless shell costs half, but has no desktop features such as notifications. */
const HEADLESS_CHROMIUM = 'chromium-headless-shell';

/** `CHROMIUM_PATH`, else a Chromium or Chrome on PATH. */
export function chromiumPath({ isWhole = false } = {}): string | undefined {
  if (process.env.CHROMIUM_PATH) return process.env.CHROMIUM_PATH;
  return [...(isWhole ? [] : [HEADLESS_CHROMIUM]), ...WHOLE_CHROMIUMS].map(which).find((path) => path !== undefined);
}

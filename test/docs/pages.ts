import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The examples in this language on a page of docs/, one text each. */
export const blocks = (page: string, language: string): string[] =>
  [...readFileSync(`${ROOT}docs/${page}`, 'utf8').matchAll(/^```(\w+)\n(.*?)\n```$/gms)].flatMap(([, of, code]) =>
    of === language && code ? [code] : [],
  );

export type Ended = { readonly status: number; readonly out: string; readonly err: string };

/** Runs a line of shell as it is printed, with `parley` on the PATH. */
export const run = (command: string, settings: Readonly<Record<string, string>>, cwd: string): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { PATH: `${dirname(process.execPath)}:${ROOT}bin:${process.env.PATH}`, HOME: process.env.HOME, ...settings };
    execFile('sh', ['-ec', command], { env, cwd }, (error, out, err) => resolve({ status: error ? Number(error.code) : 0, out, err }));
  });

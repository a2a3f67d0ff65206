import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Missing, program } from './programs.ts';

/** A browser without graphics, scripts or styles: how it is told to load a page, and to post a form, which it finds in this file or on its standard input. */
export type TextBrowser = {
  readonly name: string;
  readonly path: string;
  readonly text: readonly string[];
  readonly source: readonly string[];
  readonly post: (file: string) => readonly string[];
  /** Files that it wants to find in its home. */
  readonly files: (home: string) => Readonly<Record<string, string>>;
};

export function lynx(): TextBrowser | Missing {
  const found = program('lynx');
  if ('missing' in found) return found;
  const common = ['-cfg=lynx.cfg', '-nolist', '-width=200'];
  return {
    name: 'lynx',
    path: found.path,
    text: [...common, '-dump'],
    source: [...common, '-source'],
    post: () => [...common, '-dump', '-post_data'],
    files: (home) => ({
      'lynx.cfg': `PERSISTENT_COOKIES:TRUE\nACCEPT_ALL_COOKIES:TRUE\nCOOKIE_FILE:${home}/jar\nCOOKIE_SAVE_FILE:${home}/jar\nCHARACTER_SET:utf-8\n`,
    }),
  };
}

export function w3m(): TextBrowser | Missing {
  const found = program('w3m');
  if ('missing' in found) return found;
  const common = ['-cookie', '-cols', '200'];
  return {
    name: 'w3m',
    path: found.path,
    text: [...common, '-dump'],
    source: [...common, '-o', 'accept_encoding=identity', '-dump_source'], // it would dump a compressed page as it is on the wire
    post: (file) => [...common, '-dump', '-post', file],
    files: () => ({}),
  };
}

/** A user of a text browser with a cookie jar. */
export class Reader {
  readonly #browser: TextBrowser;
  readonly #url: string;
  readonly #home: string;

  static async open(browser: TextBrowser, url: string): Promise<Reader> {
    const home = await mkdtemp(join(tmpdir(), `parley-${browser.name}-`));
    for (const [name, content] of Object.entries(browser.files(home))) await writeFile(join(home, name), content);
    return new Reader(browser, url, home);
  }

  constructor(browser: TextBrowser, url: string, home: string) {
    this.#browser = browser;
    this.#url = url;
    this.#home = home;
  }

  /** The text on the screen. */
  read(path: string): Promise<string> {
    return this.#run(this.#browser.text, path);
  }

  /** Fills in and submits the form with this button and its hidden fields; resolves to the text on the screen. */
  async submit(path: string, button: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const form = formWith(button, await this.#run(this.#browser.source, path));
    const unknown = Object.keys(fields).find((name) => !form.names.has(name));
    if (unknown !== undefined) throw new Error(`the form with the button ${button} has no field ${unknown}`);
    const file = join(this.#home, 'form');
    const filled = new URLSearchParams({ ...form.hidden, ...fields }).toString();
    await writeFile(file, filled);
    return this.#run(this.#browser.post(file), form.action, filled);
  }

  async #run(args: readonly string[], path: string, form = ''): Promise<string> {
    const env = { PATH: process.env.PATH, HOME: this.#home, TERM: 'dumb', LANG: 'C.UTF-8' };
    const running = spawn(this.#browser.path, [...args, this.#url + path], { cwd: this.#home, env, timeout: 60_000 });
    running.stdin.end(`${form}\n---\n`);
    const [shown, said] = await Promise.all([text(running.stdout), text(running.stderr)]);
    // The exit status is ignored: lynx shows the page of an error response and fails then.
    if (shown === '') throw new Error(`${this.#browser.name} shows nothing of ${path}: ${said}`);
    return shown;
  }

  close(): Promise<void> {
    return rm(this.#home, { recursive: true, force: true });
  }
}

type Form = { readonly action: string; readonly names: ReadonlySet<string>; readonly hidden: Readonly<Record<string, string>> };

function formWith(button: string, html: string): Form {
  for (const [, head = '', inside = ''] of html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    const buttons = [...inside.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gs)];
    const [, pressed] = buttons.find(([, , label = '']) => label.replace(/<[^>]*>/g, '').trim() === button) ?? [];
    if (pressed === undefined) continue;
    const controls = [...inside.matchAll(/<(?:input|textarea)\b([^>]*)>/g)].map(([, attributes = '']) => attributes);
    const hidden = controls
      .filter((one) => attribute(one, 'type') === 'hidden')
      .map((one) => [attribute(one, 'name'), attribute(one, 'value')]);
    return {
      action: attribute(head, 'action'),
      names: new Set(controls.map((one) => attribute(one, 'name'))),
      hidden: Object.fromEntries([...hidden, ...nameAndValue(pressed)]),
    };
  }
  throw new Error(`no form has the button ${button} in:\n${html}`);
}

/** A button with a name is part of the submitted form. */
const nameAndValue = (button: string): [string, string][] => {
  const name = attribute(button, 'name');
  return name === '' ? [] : [[name, attribute(button, 'value')]];
};

const attribute = (tag: string, name: string): string => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '';

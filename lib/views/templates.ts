import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';

const TEMPLATES = join(import.meta.dirname, '../../templates');

/** Read anew for every page: for development. */
export const changingTemplates = (): nunjucks.FileSystemLoader => new nunjucks.FileSystemLoader(TEMPLATES, { noCache: true });

let loaded: nunjucks.ILoader | undefined;

/** As they were when they were first asked for: a page must not need a file handle, least of all the one which says that there is none. */
export const loadedTemplates = (): nunjucks.ILoader => (loaded ??= new LoadedTemplates());

class LoadedTemplates extends nunjucks.Loader implements nunjucks.ILoader {
  readonly #sources = new Map(
    readdirSync(TEMPLATES, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.njk'))
      .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(TEMPLATES, name), 'utf8')]),
  );

  getSource(name: string): nunjucks.LoaderSource {
    const src = this.#sources.get(name);
    if (src === undefined) throw new Error(`template not found: ${name}`);
    return { src, path: name, noCache: false };
  }
}

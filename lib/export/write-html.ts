import type { Core } from '../core.ts';
import { fileUrl } from '../files/file.ts';
import type { FileRow } from '../files/presenter.ts';
import type { Attached } from '../log/entry.ts';
import { presentLines } from '../messages/presenter.ts';
import type { Answered } from '../messages/threads/related.ts';
import { createViews, type Views } from '../views/render.ts';
import { asUrl, copyFiles, filePath, thumbPath } from './files.ts';
import { createExportFolder, type ExportFolder } from './folder.ts';
import type { ExportedLine } from './lines.ts';
import { type ExportOptions, Tally } from './options.ts';
import { type ExportedGroup, groupsOf } from './scope.ts';

/** Messages and system messages on one page. */
const PER_PAGE = 400;

type PageFile = { readonly href: string; readonly from: number; readonly to: number; readonly messages: number };
type Part = { readonly title: string; readonly topic: string; readonly members: readonly string[]; readonly pages: readonly PageFile[] };
type Work = {
  readonly core: Core;
  readonly folder: ExportFolder;
  readonly views: Views;
  readonly tally: Tally;
  readonly options: ExportOptions;
};

/**
 * Writes pages that open from a disk, without a server and without scripts: `index.html` lists the pages, `files/` has the files, and nothing is
 * loaded from elsewhere. Errors: `conflict` (the folder exists), StoreUnavailable, those of the disk.
 */
export async function exportHtml(core: Core, path: string, options: ExportOptions): Promise<Tally> {
  const folder = await createExportFolder(path);
  const views = createViews({ dev: false });
  const work: Work = { core, folder, views, tally: new Tally(options), options };
  try {
    const parts: Part[] = [];
    for await (const one of groupsOf(core, options.scope)) {
      const part = await writePart(work, one);
      if (part.pages.length > 0 || 'group' in options.scope) parts.push(part);
    }
    work.tally.groups = parts.length;
    const { scope } = options;
    const title = 'group' in scope ? (parts[0]?.title ?? '') : scope.user.name;
    await writeFile(folder, 'index.html', views.render('export/index.njk', { title, parts, at: core.now(), ofUser: 'user' in scope }));
    await writeFile(folder, 'style.css', styleOf(views));
    await folder.finish();
    return work.tally;
  } catch (error) {
    await folder.abort();
    throw error;
  }
}

async function writeFile(folder: ExportFolder, path: string, text: string): Promise<void> {
  const file = await folder.text(path);
  await file.write(text);
  await file.end();
}

/** The style sheet of the pages of a server, with which messages have their layout. */
function styleOf(views: Views): string {
  const sheet = views.assets.get(views.asset('css/app.css'), '');
  if (!sheet) throw new Error('the style sheet is missing');
  return `${sheet.body.toString('utf8')}\n${views.render('export/style.njk', {})}`;
}

async function writePart(work: Work, one: ExportedGroup): Promise<Part> {
  const { core, options } = work;
  const pages: PageFile[] = [];
  let lines: ExportedLine[] = [];
  const flush = async (isLast: boolean) => {
    if (lines.length === 0) return;
    pages.push(await writePage(work, one, lines, { number: pages.length + 1, isLast }));
    lines = [];
  };
  for await (const line of one.lines) {
    if (!isShown(line, options)) continue;
    if (lines.length === PER_PAGE) await flush(false);
    lines.push(line);
  }
  await flush(true);
  return { title: one.title, topic: one.group.topic, members: await namesOf(core, one), pages };
}

function isShown(line: ExportedLine, { scope }: ExportOptions): boolean {
  return 'group' in scope || (line.type === 'message' && line.folded.message.author === scope.user.id);
}

async function namesOf(core: Core, { group }: ExportedGroup): Promise<string[]> {
  const members = await core.store.memberships.ofGroup(group.id);
  const profiles = await core.directory.profiles(members.map(({ user }) => user));
  return members.flatMap(({ user }) => profiles.get(user)?.name ?? []);
}

const hrefOf = ({ group }: ExportedGroup, number: number): string => `${group.slug}-${String(number).padStart(4, '0')}.html`;

async function writePage(
  { core, folder, views, tally, options }: Work,
  one: ExportedGroup,
  lines: readonly ExportedLine[],
  { number, isLast }: { readonly number: number; readonly isLast: boolean },
): Promise<PageFile> {
  const local = new Map<string, Attached>();
  const here = new Set<number>();
  for (const line of lines) {
    if (line.type !== 'message') continue;
    here.add(line.folded.message.seq);
    const files = tally.message(line.folded);
    for (const file of files) local.set(fileUrl(file), file);
    tally.missing.push(...(await copyFiles(core, folder, files)));
  }
  const shown = lines.map((line) => (line.type === 'message' ? { type: line.type, folded: line.folded } : line));
  const rows = (await presentLines(core, shown, one.group)).map((row) =>
    row.author === null
      ? row
      : { ...row, files: row.files.map((file) => localFile(file, local)), answers: row.answers && answeredRow(row.answers, here, options) },
  );
  const pages = { previous: number > 1 ? hrefOf(one, number - 1) : null, next: isLast ? null : hrefOf(one, number + 1) };
  const href = hrefOf(one, number);
  await writeFile(folder, href, views.render('export/page.njk', { title: one.title, topic: one.group.topic, rows, number, ...pages }));
  return { href, from: timeOf(lines[0]), to: timeOf(lines.at(-1)), messages: here.size };
}

/** What a reply says of the message that it answers. `here`: the messages of the page. The messages of one person say nothing of what others wrote. */
const answeredRow = ({ seq, name, text, erased }: Answered, here: ReadonlySet<number>, { scope }: ExportOptions) => ({
  seq,
  isHere: here.has(seq),
  name: 'group' in scope ? name : `#${seq}`,
  text: 'user' in scope ? '' : erased ? 'Message erased' : text,
});

const timeOf = (line: ExportedLine | undefined): number =>
  line === undefined ? 0 : line.type === 'message' ? line.folded.message.at : line.entry.at;

/** The row of a file with paths in the folder. An image without a thumbnail is shown itself. */
function localFile(row: FileRow, local: ReadonlyMap<string, Attached>): FileRow {
  const file = local.get(row.url);
  if (!file) return row;
  const url = asUrl(filePath(file));
  return { ...row, url, thumb: file.thumb ? asUrl(thumbPath(file)) : url };
}

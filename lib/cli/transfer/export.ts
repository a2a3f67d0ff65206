import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { userByName } from '../../accounts/operations.ts';
import { ofGroup, ofUser } from '../../audit/act.ts';
import { conflict, invalid } from '../../errors.ts';
import { type TextFile, textFile } from '../../export/folder.ts';
import type { ExportOptions, Tally } from '../../export/options.ts';
import type { Scope } from '../../export/scope.ts';
import type { Session } from '../command.ts';
import { findGroup } from '../lookup.ts';
import { openProgress } from '../progress.ts';
import { version } from '../version.ts';

export type ExportChoice = { readonly user?: string; readonly format: 'html' | 'json' | 'text'; readonly out?: string };

/** Rejects after the export was written if the content of files was missing. */
export async function exportMessages({ core, out }: Session, group: string | undefined, choice: ExportChoice): Promise<void> {
  const scope = await scopeOf(core, group, choice.user);
  const path = choice.out ?? defaultPath(scope, choice.format);
  const isPiped = path === '-';
  if (isPiped && choice.format === 'html') throw invalid('out', 'HTML is written to a folder.');
  if (isPiped && out.json) throw invalid('out', 'With --json standard output has the result: name a path.');
  const progress = openProgress(out, 'messages');
  const options: ExportOptions = { scope, program: version(), onProgress: (messages) => progress.show('written', messages) };
  const tally = await write(core, path, choice.format, options);
  const { seconds } = progress.end();
  await core.audit.record({
    act: 'messages_exported',
    subject: subjectOf(scope),
    detail: `as ${choice.format}: ${numbered(tally.messages, 'message')}`,
  });
  const { groups, messages, files, missing } = tally;
  const lost = missing.map(({ id, name }) => ({ id, name }));
  if (!isPiped)
    out.write(
      { path, format: choice.format, groups, messages, files, missing: lost, seconds },
      `${path}: ${numbered(messages, 'message')}, ${numbered(files, 'file')} in ${seconds.toFixed(1)} s`,
    );
  if (lost.length > 0)
    throw new Error(
      `The export is written, but the content of ${numbered(lost.length, 'file')} is missing: ${lost.map(({ name }) => name).join(', ')}`,
    );
}

async function scopeOf(core: Session['core'], group: string | undefined, user: string | undefined): Promise<Scope> {
  if ((group === undefined) === (user === undefined)) throw invalid('group', 'Name either a group or --user.');
  return group === undefined ? { user: await userByName(core, user ?? '') } : { group: await findGroup(core, group) };
}

const subjectOf = (scope: Scope) => ('group' in scope ? ofGroup(scope.group) : ofUser(scope.user));

function defaultPath(scope: Scope, format: ExportChoice['format']): string {
  const name = 'group' in scope ? scope.group.slug : `user-${scope.user.id}`;
  return format === 'text' ? `${name}.txt` : `${name}-${format}`;
}

async function write(core: Session['core'], path: string, format: ExportChoice['format'], options: ExportOptions): Promise<Tally> {
  switch (format) {
    case 'html':
      return (await import('../../export/write-html.ts')).exportHtml(core, path, options);
    case 'json': {
      const { exportJsonFolder, writeRecords } = await import('../../export/write-json.ts');
      return path === '-' ? writeRecords(core, textFile(process.stdout), options) : exportJsonFolder(core, path, options);
    }
    case 'text': {
      const { writeText } = await import('../../export/write-text.ts');
      if (path === '-') return writeText(core, textFile(process.stdout), options);
      const file = await newFile(path);
      const tally = await writeText(core, file, options);
      await file.end();
      return tally;
    }
    default:
      throw format satisfies never;
  }
}

async function newFile(path: string): Promise<TextFile> {
  const stream = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await once(stream, 'open').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? conflict(`${path} exists. Choose another name.`) : error;
  });
  return textFile(stream);
}

const numbered = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;

import { type Archive, parseJson, readLines } from '../archive/archive.ts';
import type { Collector, Source, SourceFile } from '../source.ts';
import { type Fields, fieldsOf, listOf, textOf, timeOf } from './read.ts';

/** Whether a line is one of the file that "Export messages" of a room writes. */
export const isRocketLine = (line: string): boolean => /^\{"msg":/.test(line) && line.includes('"username"') && line.includes('"ts"');

/** What "Export messages" of a room writes as JSON: a line for each message, and `assets/` with the files. It has no ids, replies or reactions. */
export function openRocketRoom(archive: Archive, path: string, origin: string): Source {
  const room = (path.split('/').at(-1) ?? path).replace(/\.json$/, '');
  return {
    format: 'rocketchat',
    origin,
    open: (file) => archive.read(file),
    async read(into) {
      const people = new Set<string>();
      const seen = new Map<string, number>();
      let number = 0;
      for await (const line of readLines(archive, path)) {
        number += 1;
        if (line === '') continue;
        const message = fieldsOf(parseJson(line, `Line ${number} of ${path}`));
        const author = textOf(message.username) ?? 'unknown';
        if (!people.has(author)) into.person({ id: author, name: author, login: author });
        people.add(author);
        const type = textOf(message.type);
        if (type !== undefined) into.leftOut(`system messages (${type})`, textOf(message.msg));
        else roomMessage(archive, message, { room, author, seen }, into);
      }
      into.channel({ id: room, name: room, kind: 'closed', members: [...people] });
    },
  };
}

function roomMessage(
  archive: Archive,
  message: Fields,
  { room, author, seen }: { readonly room: string; readonly author: string; readonly seen: Map<string, number> },
  into: Collector,
): void {
  const ts = textOf(message.ts) ?? '';
  const count = (seen.get(`${ts} ${author}`) ?? 0) + 1;
  seen.set(`${ts} ${author}`, count);
  const files = listOf(message.attachments).flatMap(({ fileId, fileName }): SourceFile[] => {
    const id = textOf(fileId);
    if (id === undefined) return [];
    return [{ name: textOf(fileName) ?? 'file', path: [...archive.files.keys()].find((path) => path.includes(`assets/${id}-`)) }];
  });
  const unique = [...new Map(files.map((file) => [file.path ?? file.name, file])).values()];
  into.message({
    id: `${ts} ${author} ${count}`,
    channel: room,
    at: timeOf(ts) ?? Number.NaN,
    author,
    text: textOf(message.msg) ?? '',
    format: 'markdown',
    files: unique,
  });
}

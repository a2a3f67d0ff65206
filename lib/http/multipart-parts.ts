import { DomainError } from '../errors.ts';

/** A part of a multipart form: a text field, or a file with its content. `file` is its name, empty when it was sent without one. */
type Part = { readonly name: string } & ({ readonly text: string } | { readonly file: string; readonly content: Buffer });

/** The parts of a multipart form (RFC 7578) that is in memory: the fields in order, and the files in order. A part is a file when it has a file name. Errors: `malformed`. */
export async function partsOf(raw: Buffer, type: string): Promise<Part[]> {
  const { Busboy } = await import('@fastify/busboy');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const parts: Part[] = [];
  try {
    const parser = new Busboy({
      headers: { 'content-type': type },
      limits: { fieldSize: Number.POSITIVE_INFINITY, fieldNameSize: raw.length },
      preservePath: true,
      isPartAFile: (_field, _type, fileName) => fileName !== undefined,
    });
    const add = (name: string | undefined, part: { readonly text: string } | { readonly file: string; readonly content: Buffer }): void => {
      if (name === undefined) reject(unreadable());
      else parts.push({ name, ...part });
    };
    parser.on('field', (name: string | undefined, text) => add(name, { text }));
    parser.on('file', (name: string | undefined, source, file: string | undefined) => {
      const pieces: Buffer[] = [];
      source.on('data', (piece: Buffer) => pieces.push(piece));
      source.once('error', () => reject(unreadable()));
      source.once('end', () => add(name, { file: (file ?? '').replaceAll('%22', '"'), content: Buffer.concat(pieces) }));
    });
    parser.once('finish', () => resolve()).once('error', () => reject(unreadable()));
    parser.end(raw);
    await promise;
  } catch {
    throw unreadable(); // also for a Content-Type without a boundary
  }
  return parts;
}

const unreadable = (): DomainError => new DomainError('malformed', 'The multipart body cannot be read.');

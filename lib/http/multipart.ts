import type { Readable } from 'node:stream';
import { DomainError, invalid } from '../errors.ts';
import { currentLanguage, inLanguage } from '../language/current.ts';
import { t } from '../language/text.ts';
import { MAX_FILES } from '../log/entry.ts';

/** The parts of a form received so far. Filled while the form is read, so that typed text survives when a later part is refused. */
export type Received<F> = { readonly fields: Record<string, string>; readonly files: F[] };

export type FormLimits = {
  /** Maximum size of one file; all files together may have ten times as much. */
  readonly fileBytes: number;
  /** Maximum time without a byte from the sender. */
  readonly idleMs?: number;
  /** Rejects when the form is not to be read any longer. */
  readonly refused?: Promise<never>;
  /** The fields that may contain files; by default only `attachment`. */
  readonly takesFiles?: (field: string) => boolean;
  /** Fields that are read as text even if they are sent as a file. */
  readonly isText?: (field: string) => boolean;
};

/** The body as a stream, and its Content-Type. */
type Form = { readonly source: Readable; readonly type: string };

/** Stores one file of the form; reads from `source` with back-pressure. */
type Take<F> = (source: AsyncIterable<Uint8Array>, name: string) => Promise<F>;

/** The field for files. */
const FIELD = 'attachment';
const IDLE_MS = 30_000;
const FIELD_BYTES = 1024 * 1024;
const MAX_FIELDS = 100;
/** Maximum size of everything except file content. */
const FRAME_BYTES = 2 * 1024 * 1024;

const malformed = (message: string, field?: string): DomainError =>
  new DomainError('malformed', message, field === undefined ? {} : { field });

/**
 * Reads a multipart form (RFC 7578) into `into` and streams its files into `take`; resolves when every file is stored. Parts after a refused file are
 * still read, up to a limit, so that a browser gets the response and text after the file is kept.
 * Errors: those of `take`; `malformed` (not multipart, a file in another field, a sender that stops), `invalid` (too many files), `tooLarge` (total size).
 */
export async function receiveForm<F>(form: Form, limits: FormLimits, into: Received<F>, take: Take<F>): Promise<void> {
  const { Busboy } = await import('@fastify/busboy');
  const reading = new Reading(form.source, limits, into, take);
  const counts = { fields: MAX_FIELDS, files: MAX_FILES, parts: MAX_FIELDS + MAX_FILES, fieldSize: FIELD_BYTES, headerPairs: 20 };
  const isPartAFile = (field: string | undefined, type: string | undefined, name: string | undefined): boolean =>
    (type === 'application/octet-stream' || name !== undefined) && limits.isText?.(field ?? '') !== true;
  let parser: Parser;
  try {
    parser = new Busboy({ headers: { 'content-type': form.type }, limits: counts, isPartAFile });
  } catch {
    throw unreadable(); // unknown content type
  }
  if (!/;\s*boundary=(?:"[^"]|[^\s;"])/i.test(form.type)) throw unreadable();
  await reading.through(parser);
}

const unreadable = (): DomainError => malformed('The multipart body cannot be read.');

type Parser = InstanceType<typeof import('@fastify/busboy').Busboy>;

/** One form that is being read. */
class Reading<F> {
  readonly #source: Readable;
  readonly #limits: FormLimits;
  readonly #into: Received<F>;
  readonly #take: Take<F>;
  /** Of the request: events of its streams do not know it. */
  readonly #language = currentLanguage();
  readonly #open = new Set<Readable>();
  readonly #work: Promise<void>[] = [];
  /** In the order of the form; a later file may be stored first. */
  readonly #stored: (F | undefined)[] = [];
  readonly #end = Promise.withResolvers<void>();
  /** The first error. */
  #wrong: unknown;
  #bytes = 0;

  constructor(source: Readable, limits: FormLimits, into: Received<F>, take: Take<F>) {
    [this.#source, this.#limits, this.#into, this.#take] = [source, limits, into, take];
  }

  async through(parser: Parser): Promise<void> {
    const idleMs = this.#limits.idleMs ?? IDLE_MS;
    const timer = setTimeout(() => this.#giveUp(malformed(`Nothing came for ${Math.round(idleMs / 1000)} seconds.`)), idleMs);
    const maxBytes = MAX_FILES * this.#limits.fileBytes + FRAME_BYTES;
    const count = (piece: Buffer): void => {
      timer.refresh();
      this.#bytes += piece.length;
      if (this.#bytes > maxBytes) this.#giveUp(this.#wrong ?? this.#inLanguage(() => tooMuch(maxBytes)));
    };
    const cut = (): void => {
      if (!this.#source.readableEnded) this.#giveUp(malformed('The request ended before its body did.'));
    };
    this.#limits.refused?.catch((error) => this.#giveUp(error));
    this.#listen(parser);
    this.#source.on('data', count).once('close', cut).once('error', cut).pipe(parser);
    try {
      await this.#end.promise.catch((error) => this.#note(error));
      await Promise.all(this.#work);
    } finally {
      clearTimeout(timer);
      this.#source.off('data', count).off('close', cut).off('error', cut).unpipe(parser);
      this.#source.resume(); // discard the rest
      this.#into.files.push(...this.#stored.filter((file) => file !== undefined));
    }
    if (this.#wrong !== undefined) throw this.#wrong;
  }

  #listen(parser: Parser): void {
    parser.on('field', (name: string | undefined, value, _, isCut) => {
      if (name === undefined) this.#note(malformed('A part of the form has no name.'));
      else if (isCut) this.#note(this.#inLanguage(() => tooLong(name)));
      else this.#into.fields[name] = value;
    });
    parser.on('file', (field: string | undefined, source, name: string | undefined) => this.#receive(field ?? '', source, name ?? ''));
    parser.on('filesLimit', () => this.#note(this.#inLanguage(tooMany)));
    for (const limit of ['partsLimit', 'fieldsLimit'] as const)
      parser.on(limit, () => this.#note(malformed(`A form has ${MAX_FIELDS} fields at most.`)));
    parser.once('finish', () => this.#end.resolve());
    parser.on('error', () => this.#giveUp(unreadable()));
  }

  #inLanguage<T>(work: () => T): T {
    return inLanguage(this.#language, work);
  }

  #note(error: unknown): void {
    this.#wrong ??= error;
  }

  /** Aborts reading and storing. */
  #giveUp(error: unknown): void {
    this.#note(error);
    for (const source of this.#open) source.destroy(new Error('given up'));
    this.#end.reject(error);
  }

  #receive(field: string, source: Readable, name: string): void {
    source.on('error', () => {}); // reported to the reader
    const isTaken = this.#limits.takesFiles ?? ((name) => name === FIELD);
    if (!isTaken(field)) this.#note(malformed(`Files come in the field ${FIELD}, not ${field}.`, field));
    if (this.#wrong !== undefined) return void source.resume();
    const place = this.#stored.push(undefined) - 1;
    this.#open.add(source);
    const work = this.#inLanguage(() => this.#store(source, name))
      .then((file) => {
        this.#stored[place] = file;
      })
      .catch((error) => this.#note(error))
      .finally(() => {
        this.#open.delete(source);
        source.resume(); // skip the refused file and continue with the form
      });
    this.#work.push(work);
  }

  /** Undefined for an empty file field: browsers send it without name and content. */
  async #store(source: Readable, name: string): Promise<F | undefined> {
    const pieces = source.iterator({ destroyOnReturn: false }); // destroying a file's stream would stall the parser
    try {
      const first = await pieces.next();
      if (first.done && name === '') return undefined;
      return await this.#take(after(first, pieces), name.replaceAll('%22', '"')); // browsers escape only this character in names
    } finally {
      await pieces.return?.(); // otherwise the rest of the file would not be consumed
    }
  }
}

async function* after(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let step = first; !step.done; step = await rest.next()) yield step.value;
}

const tooMany = (): DomainError => invalid(FIELD, t`A message can have at most ${MAX_FILES} files.`);
const tooLong = (field: string): DomainError =>
  new DomainError('tooLarge', t`${field} is too long: ${FIELD_BYTES} bytes at most.`, { field });
const tooMuch = (bytes: number): DomainError =>
  new DomainError('tooLarge', t`The files are too large: ${bytes} bytes at most all together.`, { field: FIELD });

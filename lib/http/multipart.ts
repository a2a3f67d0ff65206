import type { Readable } from 'node:stream';
import { DomainError, invalid } from '../errors.ts';
import { MAX_FILES } from '../log/entry.ts';

/** What came of a form with files so far: it is filled as the form is read, so that what was typed is there when the rest is refused. */
export type Received<F> = { readonly fields: Record<string, string>; readonly files: F[] };

export type FormLimits = {
  /** Of one file; all together may have ten times as much. */
  readonly fileBytes: number;
  /** Without a byte for so long, the sender is given up. */
  readonly idleMs?: number;
  /** Which fields files may come in; else `attachment` only. */
  readonly takesFiles?: (field: string) => boolean;
  /** Fields that are text even where they come as a file does. */
  readonly isText?: (field: string) => boolean;
};

/** Its bytes, as they come, and its Content-Type. */
export type Form = { readonly source: Readable; readonly type: string };

/** Stores one file of the form; reads from `source` as fast as it can store, and no faster. */
export type Take<F> = (source: AsyncIterable<Uint8Array>, name: string) => Promise<F>;

/** The field that files come in. */
const FIELD = 'attachment';
const IDLE_MS = 30_000;
const FIELD_BYTES = 1024 * 1024;
const MAX_FIELDS = 100;
/** For everything in a form that is no file's content. */
const FRAME_BYTES = 2 * 1024 * 1024;

const malformed = (message: string, field?: string): DomainError =>
  new DomainError('malformed', message, field === undefined ? {} : { field });

/**
 * Reads a multipart form (RFC 7578) into `into`, its files straight into `take`; resolves when every file is stored. What comes behind a file that is
 * refused is still read, up to a bound, so that a browser gets the answer and what was typed below the file is known.
 * Errors: those of `take`; `malformed` (no multipart, another file field, a sender that stops), `invalid` (too many files), `tooLarge` (all together).
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
    throw unreadable(); // its type is none that it knows
  }
  if (!/;\s*boundary=(?:"[^"]|[^\s;"])/i.test(form.type)) throw unreadable();
  await reading.through(parser);
}

const unreadable = (): DomainError => malformed('The multipart body cannot be read.');

type Parser = InstanceType<typeof import('@fastify/busboy').Busboy>;

/** One form on its way. */
class Reading<F> {
  readonly #source: Readable;
  readonly #limits: FormLimits;
  readonly #into: Received<F>;
  readonly #take: Take<F>;
  readonly #open = new Set<Readable>();
  readonly #work: Promise<void>[] = [];
  /** In the order of the form, though a later one may be stored before. */
  readonly #stored: (F | undefined)[] = [];
  readonly #end = Promise.withResolvers<void>();
  /** The first thing that went wrong. */
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
      if (this.#bytes > maxBytes) this.#giveUp(this.#wrong ?? tooMuch(maxBytes));
    };
    const cut = (): void => {
      if (!this.#source.readableEnded) this.#giveUp(malformed('The request ended before its body did.'));
    };
    this.#listen(parser);
    this.#source.on('data', count).once('close', cut).once('error', cut).pipe(parser);
    try {
      await this.#end.promise.catch((error) => this.#note(error));
      await Promise.all(this.#work);
    } finally {
      clearTimeout(timer);
      this.#source.off('data', count).off('close', cut).off('error', cut).unpipe(parser);
      this.#source.resume(); // the rest is nobody's
      this.#into.files.push(...this.#stored.filter((file) => file !== undefined));
    }
    if (this.#wrong !== undefined) throw this.#wrong;
  }

  #listen(parser: Parser): void {
    parser.on('field', (name: string | undefined, value, _, isCut) => {
      if (name === undefined) this.#note(malformed('A part of the form has no name.'));
      else if (isCut) this.#note(new DomainError('tooLarge', `${name} is too long: ${FIELD_BYTES} bytes at most.`, { field: name }));
      else this.#into.fields[name] = value;
    });
    parser.on('file', (field: string | undefined, source, name: string | undefined) => this.#receive(field ?? '', source, name ?? ''));
    parser.on('filesLimit', () => this.#note(invalid(FIELD, `A message can have at most ${MAX_FILES} files.`)));
    for (const limit of ['partsLimit', 'fieldsLimit'] as const)
      parser.on(limit, () => this.#note(malformed(`A form has ${MAX_FIELDS} fields at most.`)));
    parser.once('finish', () => this.#end.resolve());
    parser.on('error', () => this.#giveUp(unreadable()));
  }

  #note(error: unknown): void {
    this.#wrong ??= error;
  }

  /** Ends it now, with what is being stored. */
  #giveUp(error: unknown): void {
    this.#note(error);
    for (const source of this.#open) source.destroy(new Error('given up'));
    this.#end.reject(error);
  }

  #receive(field: string, source: Readable, name: string): void {
    source.on('error', () => {}); // told to whoever reads it
    const isTaken = this.#limits.takesFiles ?? ((name) => name === FIELD);
    if (!isTaken(field)) this.#note(malformed(`Files come in the field ${FIELD}, not ${field}.`, field));
    if (this.#wrong !== undefined) return void source.resume();
    const place = this.#stored.push(undefined) - 1;
    this.#open.add(source);
    const work = this.#store(source, name)
      .then((file) => {
        this.#stored[place] = file;
      })
      .catch((error) => this.#note(error))
      .finally(() => {
        this.#open.delete(source);
        source.resume(); // past what was refused, to the rest of the form
      });
    this.#work.push(work);
  }

  /** Undefined for a field in which no file was chosen: a browser sends it without name and content. */
  async #store(source: Readable, name: string): Promise<F | undefined> {
    const pieces = source.iterator({ destroyOnReturn: false }); // a parser whose file is destroyed stands still
    try {
      const first = await pieces.next();
      if (first.done && name === '') return undefined;
      return await this.#take(after(first, pieces), name.replaceAll('%22', '"')); // the one character that browsers escape in names
    } finally {
      await pieces.return?.(); // or what is left of it would not flow
    }
  }
}

async function* after(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let step = first; !step.done; step = await rest.next()) yield step.value;
}

const tooMuch = (bytes: number): DomainError =>
  new DomainError('tooLarge', `The files are too large: ${bytes} bytes at most all together.`, { field: FIELD });

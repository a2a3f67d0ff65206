/** `cursor`: the id as received; `id`: its seq. */
export type Frame = {
  readonly id: number | undefined;
  readonly cursor: string | undefined;
  readonly event: string;
  readonly data: string;
};

/** Splits an event stream into frames; keeps or discards an incomplete one (HTML Living Standard, section 9.2.6). */
export class Frames {
  #rest = '';

  forget(): void {
    this.#rest = '';
  }

  take(text: string): Frame[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap(frameOf);
  }
}

function frameOf(block: string): Frame[] {
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  if (lines.length === 0) return [];
  const values = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  const id = values('id').at(-1);
  const event = values('event').at(-1) ?? 'message';
  return [{ id: id === undefined ? undefined : Number.parseInt(id, 10), cursor: id, event, data: values('data').join('\n') }];
}

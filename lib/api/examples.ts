import type { Example } from './operation.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The name shared by all parts of one example in the document. */
const exampleName = ({ title }: Example): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** The `examples` of one part of an operation. `part` selects the value; examples for which it returns undefined are omitted. */
export function examplesOf(examples: readonly Example[], part: (example: Example) => unknown): Json {
  const shown = examples.flatMap((example) => {
    const value = part(example);
    return value === undefined ? [] : [[exampleName(example), { summary: example.title, value }] as const];
  });
  return shown.length === 0 ? {} : { examples: Object.fromEntries(shown) };
}

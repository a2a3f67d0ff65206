import type { Example } from './operation.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The name that ties together the parts of one example, wherever they stand in the document. */
const exampleName = ({ title }: Example): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** The `examples` of one part of an operation: what `part` takes of each. One for which it is undefined is left out. */
export function examplesOf(examples: readonly Example[], part: (example: Example) => unknown): Json {
  const shown = examples.flatMap((example) => {
    const value = part(example);
    return value === undefined ? [] : [[exampleName(example), { summary: example.title, value }] as const];
  });
  return shown.length === 0 ? {} : { examples: Object.fromEntries(shown) };
}

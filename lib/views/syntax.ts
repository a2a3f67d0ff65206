import nunjucks from 'nunjucks';

/** A node of Nunjucks' syntax tree; which fields it has depends on `typename`. */
export type Node = {
  readonly typename: string;
  readonly lineno: number;
  readonly value: unknown;
  readonly children: readonly Node[];
  readonly name: Node;
  readonly args: Node;
  readonly target: Node;
  readonly val: Node;
  readonly left: Node;
  readonly right: Node;
  readonly cond: Node;
  readonly body: Node | null;
  readonly else_: Node | null;
  readonly arr: Node;
  readonly targets: readonly Node[];
  readonly template: Node;
  readonly expr: Node;
  readonly ops: readonly { readonly type: string; readonly expr: Node }[];
};

/** How Nunjucks reads templates here. */
export const SYNTAX = { autoescape: true, trimBlocks: true, lstripBlocks: true } as const;

type Parser = { readonly parser: { parse(text: string, extensions: readonly never[], options: object): Node } };

/** The syntax tree of a template. Errors: those of Nunjucks. */
export const parse = (text: string): Node => (nunjucks as unknown as Parser).parser.parse(text, [], SYNTAX);

/** What the templates that Nunjucks has compiled call. */
export const { SafeString, suppressValue, memberLookup } = nunjucks.runtime as unknown as {
  readonly SafeString: new (text: string) => object;
  readonly suppressValue: (value: unknown, escapes: boolean) => unknown;
  readonly memberLookup: (of: unknown, name: unknown) => unknown;
};

import { memberLookup, type Node, parse, SafeString, suppressValue } from './syntax.ts';

/** The variables of one rendering. */
type Scope = Record<string, unknown>;
type Expression = (scope: Scope) => unknown;
type Part = (scope: Scope) => string;

/** `names`: the variables that the caller has to give. */
export type Compiled = { readonly names: readonly string[]; readonly render: Part };

type Filter = (...values: unknown[]) => unknown;
export type Environment = {
  /** Of this name. Throws when there is none. */
  filter(name: string): Filter;
  /** The source of another template, for `include`. */
  source(template: string): string;
};

/** The template uses something that only Nunjucks renders. */
export class Unsupported extends Error {}

/**
 * A template that consists of values, filters, conditions, loops, `set` and `include` as functions, which give the same text as Nunjucks (with autoescape
 * and throwOnUndefined) in a quarter of the time: it looks up each name in several objects for each use. Throws Unsupported for any other template.
 */
export function compile(text: string, template: string, environment: Environment): Compiled {
  const names = new Set<string>();
  const bound = new Set<string>();
  const render = new Compiler(template, environment, names, bound).body(parse(text));
  return { names: [...names].filter((name) => !bound.has(name)), render };
}

class Compiler {
  readonly #template: string;
  readonly #environment: Environment;
  readonly #names: Set<string>;
  readonly #bound: Set<string>;

  constructor(template: string, environment: Environment, names: Set<string>, bound: Set<string>) {
    this.#template = template;
    this.#environment = environment;
    this.#names = names;
    this.#bound = bound;
  }

  body(node: Node | null): Part {
    const parts = node ? node.children.flatMap((child) => this.#parts(child)) : [];
    const [first, ...more] = parts;
    if (!first) return () => '';
    if (more.length === 0) return first;
    return (scope) => {
      let text = '';
      for (const part of parts) text += part(scope);
      return text;
    };
  }

  #parts(node: Node): Part[] {
    switch (node.typename) {
      case 'Output':
        return node.children.map((child) => this.#output(child));
      case 'If':
        return [this.#if(node)];
      case 'For':
        return [this.#for(node)];
      case 'Set':
        return [this.#set(node)];
      case 'Include':
        return [this.#include(node)];
      default:
        throw new Unsupported(node.typename);
    }
  }

  #output(node: Node): Part {
    if (node.typename === 'TemplateData') {
      const text = String(node.value);
      return () => text;
    }
    const value = this.#value(node);
    const where = `${this.#template}, line ${node.lineno + 1}`;
    return (scope) => {
      const found = value(scope);
      if (found === null || found === undefined) throw new Error(`${where}: attempted to output null or undefined value`);
      return String(suppressValue(found, true));
    };
  }

  #if({ cond, body, else_ }: Node): Part {
    const [condition, then, otherwise] = [this.#value(cond), this.body(body), else_ && this.#else(else_)];
    if (!otherwise) return (scope) => (condition(scope) ? then(scope) : '');
    return (scope) => (condition(scope) ? then(scope) : otherwise(scope));
  }

  /** `elif` is an If in place of a list. */
  #else(node: Node): Part {
    return node.typename === 'If' ? this.#if(node) : this.body(node);
  }

  #for({ arr, name, body, else_ }: Node): Part {
    if (name.typename !== 'Symbol' || else_) throw new Unsupported('For');
    const variable = this.#bind(name);
    this.#bound.add('loop');
    const [list, each] = [this.#value(arr), this.body(body)];
    return (scope) => {
      const items = (list(scope) ?? []) as readonly unknown[];
      if (!Array.isArray(items)) throw new Unsupported('For over what is not a list');
      const within: Scope = { ...scope };
      let text = '';
      for (const [index, item] of items.entries()) {
        within[variable] = item;
        within.loop = { index0: index, index: index + 1, first: index === 0, last: index === items.length - 1, length: items.length };
        text += each(within);
      }
      return text;
    };
  }

  #set({ targets, value, body }: Node): Part {
    const [target, ...others] = targets;
    if (body || !target || others.length > 0) throw new Unsupported('Set');
    const [variable, given] = [this.#bind(target), this.#value(value as Node)];
    return (scope) => {
      scope[variable] = given(scope);
      return '';
    };
  }

  #bind({ value }: Node): string {
    this.#bound.add(String(value));
    return String(value);
  }

  #include({ template }: Node): Part {
    if (template.typename !== 'Literal') throw new Unsupported('Include');
    const name = String(template.value);
    const compiler = new Compiler(name, this.#environment, this.#names, this.#bound);
    const included = compiler.body(parse(this.#environment.source(name)));
    return (scope) => included({ ...scope });
  }

  #value(node: Node): Expression {
    switch (node.typename) {
      case 'Literal': {
        const { value } = node;
        return () => value;
      }
      case 'Symbol': {
        const name = String(node.value);
        this.#names.add(name);
        return (scope) => scope[name];
      }
      case 'LookupVal':
        return this.#lookup(node);
      case 'Filter':
        return this.#filter(node);
      case 'Compare':
        return this.#compare(node);
      case 'Not': {
        const value = this.#value(node.target);
        return (scope) => !value(scope);
      }
      default:
        return this.#binary(node);
    }
  }

  #lookup({ target, val }: Node): Expression {
    const [of, name] = [this.#value(target), this.#value(val)];
    if (val.typename !== 'Literal') return (scope) => memberLookup(of(scope), name(scope));
    const field = String(val.value);
    return (scope) => (of(scope) as Scope | null | undefined)?.[field];
  }

  #filter({ name, args }: Node): Expression {
    const [value, ...more] = args.children.map((arg) => this.#value(arg));
    if (!value) throw new Unsupported('Filter');
    const filter = this.#environment.filter(String(name.value));
    if (name.value === 'safe') return (scope) => new SafeString(String(value(scope) ?? ''));
    if (more.length === 0) return (scope) => filter(value(scope));
    return (scope) => filter(value(scope), ...more.map((arg) => arg(scope)));
  }

  #compare({ expr, ops }: Node): Expression {
    const [op, ...others] = ops;
    if (!op || others.length > 0) throw new Unsupported('Compare');
    const [left, right] = [this.#value(expr), this.#value(op.expr)];
    if (op.type === '==') return (scope) => left(scope) === right(scope);
    if (op.type === '!=') return (scope) => left(scope) !== right(scope);
    if (op.type === '>') return (scope) => Number(left(scope)) > Number(right(scope));
    throw new Unsupported(op.type);
  }

  #binary(node: Node): Expression {
    const operate = BINARY[node.typename];
    if (!operate) throw new Unsupported(node.typename);
    return operate(this.#value(node.left), this.#value(node.right));
  }
}

/** `Add` of anything but texts and numbers is not used. */
const BINARY: Readonly<Record<string, (left: Expression, right: Expression) => Expression>> = {
  Or: (left, right) => (scope) => left(scope) || right(scope),
  And: (left, right) => (scope) => left(scope) && right(scope),
  Add: (left, right) => (scope) => (left(scope) as string) + (right(scope) as string),
  Sub: (left, right) => (scope) => Number(left(scope)) - Number(right(scope)),
};

import type nunjucks from 'nunjucks';
import { type Compiled, compile, type Environment, Unsupported } from './compile.ts';

type Runtime = { contextOrFrameLookup(context: object, frame: object, name: string): unknown };
type Root = (env: object, context: object, frame: object, runtime: Runtime, done: (error: unknown, text?: string) => void) => void;

/** Gives Nunjucks the templates of a loader: those that `compile` can compile as functions, as if they had been precompiled, all others as text. */
export const compiling = (loader: nunjucks.ILoader, filter: Environment['filter']): nunjucks.ILoader => ({
  getSource(name) {
    const source = loader.getSource(name);
    const compiled = tryToCompile(source.src, name, { filter, source: (other) => loader.getSource(other).src });
    return compiled ? { ...source, src: { type: 'code', obj: { root: rootOf(compiled) } } as unknown as string } : source;
  },
});

function tryToCompile(...template: Parameters<typeof compile>): Compiled | undefined {
  try {
    return compile(...template);
  } catch (error) {
    if (error instanceof Unsupported) return undefined;
    throw error;
  }
}

function rootOf({ names, render }: Compiled): Root {
  return (_env, context, frame, runtime, done) => {
    let text: string;
    try {
      const scope = Object.fromEntries(names.map((name) => [name, runtime.contextOrFrameLookup(context, frame, name)]));
      text = render(scope);
    } catch (error) {
      return done(error);
    }
    done(null, text);
  };
}

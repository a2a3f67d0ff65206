import type { Ruler } from 'markdown-it';

/** A rule of markdown-it, to be used within one of ours. Throws where it has none of that name. */
export function ruleOf<A extends unknown[], R>({ __rules__: rules }: Ruler<A, R>, name: string): (...args: A) => R {
  const rule = rules.find((one) => one.name === name);
  if (!rule) throw new Error(`markdown-it has no rule ${name}`);
  return rule.fn;
}

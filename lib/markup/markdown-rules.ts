import type { Ruler } from 'markdown-it';

/** A rule of markdown-it, for use in our own rules. Throws when there is none with that name. */
export function ruleOf<A extends unknown[], R>({ __rules__: rules }: Ruler<A, R>, name: string): (...args: A) => R {
  const rule = rules.find((one) => one.name === name);
  if (!rule) throw new Error(`markdown-it has no rule ${name}`);
  return rule.fn;
}

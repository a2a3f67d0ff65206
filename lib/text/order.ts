let names: Intl.Collator | undefined; // created at first use, which takes some milliseconds

/** Compares names as people sort them: Room 2 before Room 10, in any case. */
export function byName(a: string, b: string): number {
  names ??= new Intl.Collator('en', { numeric: true });
  return names.compare(a, b);
}

/** The path with the fields that are not empty as its query. */
export function pathWith(path: string, fields: Readonly<Record<string, string>>): string {
  const set = Object.entries(fields).filter(([, value]) => value !== '');
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`;
}

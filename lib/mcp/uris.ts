/** Templates of the URIs of resources. */
export const GROUP_URI = 'parley://groups/{slug}';
export const MESSAGE_URI = 'parley://groups/{slug}/messages/{seq}';

export const groupUri = (slug: string): string => `parley://groups/${slug}`;
export const messageUri = (slug: string, seq: number): string => `${groupUri(slug)}/messages/${seq}`;

/** What a URI names: a group, or a message of it. Undefined: nothing that this server has. */
export function parseUri(uri: string): { readonly slug: string; readonly seq: number | undefined } | undefined {
  const [, slug, seq] = /^parley:\/\/groups\/([^/?#%]{1,200})(?:\/messages\/([1-9]\d{0,9}))?$/.exec(uri) ?? [];
  return slug === undefined ? undefined : { slug, seq: seq === undefined ? undefined : Number(seq) };
}

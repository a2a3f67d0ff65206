/** The seq that a text of a URL or a form names; undefined when it names none. */
export const seqFrom = (text: unknown): number | undefined =>
  typeof text === 'string' && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;

/** Path of the group page around a message. */
export const contextUrl = ({ slug }: { readonly slug: string }, seq: number): string => `/groups/${slug}?around=${seq}#m-${seq}`;

/** URL of the page of a thread, at one of its messages. `isNew`: whether that is among the newest, which the page shows by itself. */
export const threadUrl = ({ slug }: { readonly slug: string }, root: number, seq = root, isNew = true): string =>
  `/groups/${slug}/messages/${root}/thread${isNew ? '' : `?before=${seq + 1}`}${seq === root ? '' : `#m-${seq}`}`;

/** URL of the group page after a form has changed a message: the newest messages if it is one of the last of them, else those around it. */
export const returnUrl = (slug: string, seq: number): string => `/groups/${slug}?at=${seq}#m-${seq}`;

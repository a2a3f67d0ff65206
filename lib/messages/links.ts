/** Path of the group page around a message. */
export const contextUrl = ({ slug }: { readonly slug: string }, seq: number): string => `/groups/${slug}?around=${seq}#m-${seq}`;

/** URL of the group page after a form has changed a message: the newest messages if it is one of the last of them, else those around it. */
export const returnUrl = (slug: string, seq: number): string => `/groups/${slug}?at=${seq}#m-${seq}`;

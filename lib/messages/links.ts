/** URL of the group page around a message. */
export const contextUrl = ({ slug }: { readonly slug: string }, seq: number): string => `/groups/${slug}?around=${seq}#m-${seq}`;

/** Where a message is seen among its neighbours. */
export const contextUrl = ({ slug }: { readonly slug: string }, seq: number): string => `/groups/${slug}?around=${seq}#m-${seq}`;

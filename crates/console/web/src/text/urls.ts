/** Whether a URL may be a link. */
export const isHttpUrl = (url: string) => /^https?:\/\//i.test(url);

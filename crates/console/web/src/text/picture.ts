/**
 * Whether a data URI is a picture that may be shown: a raster image, as the broker accepts them. SVG can
 * contain scripts and links.
 */
export const isPicture = (uri: string | undefined) => !!uri && PICTURE.test(uri);

const PICTURE = /^data:image\/(png|jpe?g|gif|webp|avif)\s*(;\s*[\w.-]+=["\w.-]+\s*)*;base64,/i;

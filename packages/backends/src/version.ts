/** Put in by tools/src/tsup-preset.js when the package is built. */
declare const PACKAGE_VERSION: string

/** The version of this package; 'source' where it isn't built. */
export const version: string = typeof PACKAGE_VERSION === 'undefined' ? 'source' : PACKAGE_VERSION

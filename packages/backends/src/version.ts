/** tools/src/tsup-preset.js defines it when the package is built. */
declare const PACKAGE_VERSION: string

/** The version of this package; 'source' when src/ runs without a build. */
export const version: string = typeof PACKAGE_VERSION === 'undefined' ? 'source' : PACKAGE_VERSION

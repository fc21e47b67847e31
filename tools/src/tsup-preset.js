import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

/**
 * Every package is built like this: ESM and source maps (types come from tsc); entries keep their paths under src/. Code may
 * read its package's version as PACKAGE_VERSION. What package.json lists as "bundled" becomes a part of the built files.
 *
 * @param {string[]} entry
 */
export function definePackage(entry) {
  const { version, bundled = [] } = JSON.parse(readFileSync('package.json', 'utf8')) // tsup runs in the package's folder
  return defineConfig({
    entry,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    sourcemap: true,
    clean: true,
    splitting: true,
    removeNodeProtocol: false,
    external: [/^node:/],
    define: { PACKAGE_VERSION: JSON.stringify(version) },
    // tfjs-core's deep imports have no extensions and fail in Node ESM, so the gradients are bundled.
    noExternal: [/^@tensorflow\/tfjs-core\/dist\/register_all_gradients/, ...bundled],
  })
}

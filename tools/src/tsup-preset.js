import { defineConfig } from 'tsup'

/**
 * The one way a package is built: ESM and source maps (types come from tsc); entries keep their place under src/.
 *
 * @param {string[]} entry
 */
export function definePackage(entry) {
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
    // tfjs-core's deep imports have no extensions and fail in Node ESM, so the gradients are bundled.
    noExternal: [/^@tensorflow\/tfjs-core\/dist\/register_all_gradients/],
  })
}

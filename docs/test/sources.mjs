// Node reads the packages from their sources, in workers too, and tfjs's gradients, whose imports lack extensions, from the
// bundle that vitest.config.ts makes.
import { register } from 'node:module'
import { register as readTypeScript } from 'tsx/esm/api'

readTypeScript()

const gradients = new URL('../../node_modules/.cache/register-all-gradients.mjs', import.meta.url)
const hook = `export const resolve = (specifier, context, next) =>
  specifier === '@tensorflow/tfjs-core/dist/register_all_gradients.js'
    ? { url: '${gradients}', shortCircuit: true }
    : next(specifier, context)`
register(`data:text/javascript,${encodeURIComponent(hook)}`)

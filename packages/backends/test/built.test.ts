import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

const backends = fileURLToPath(new URL('..', import.meta.url))
const built = existsSync(`${backends}/dist/index.js`)

/** What a new Node process prints for this module. It runs in the package's folder, where names resolve as for a user. */
function node(module: string, cwd = backends): { stdout: string; stderr: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module'], {
    cwd,
    input: module,
    encoding: 'utf8',
  })
  return { stdout, stderr }
}

/** Makes a Node process look like a browser's worker to tfjs. */
const worker = 'delete globalThis.process; globalThis.WorkerGlobalScope = class {};'

/** A browser bundle of this module, and what the bundle still imports. */
async function bundle(contents: string): Promise<{ code: string; outside: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: backends },
    bundle: true,
    banner: { js: worker },
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  const imports = Object.values(metafile.inputs).flatMap(input => input.imports)
  return {
    code: outputFiles[0]!.text,
    outside: imports.filter(({ external, path }) => external || isBuiltin(path)).map(({ path }) => path),
  }
}

const gradient = (backend: string) => `
  import * as tf from '@tensorflow/tfjs-core'
  import { useBackend } from '@rectified-flow/backends'
  await useBackend('${backend}')
  const slope = tf.grad(x => tf.sum(tf.sigmoid(tf.mul(x, x))))(tf.tensor1d([0, 1, 2]))
  console.log([...await slope.data()].map(value => value.toFixed(4)).join(' '))`

// d/dx sigmoid(x^2) = 2 x s (1 - s), s = sigmoid(x^2)
const slopes = [0, 1, 2].map(x => (2 * x * Math.exp(-x * x)) / (1 + Math.exp(-x * x)) ** 2)
const printed = { stdout: `${slopes.map(slope => slope.toFixed(4)).join(' ')}\n`, stderr: '' }

describe.skipIf(!built)(
  `built backends${built ? '' : ' (skipped: packages/backends/dist is missing, run npm run build)'}`,
  () => {
    it.each(['@rectified-flow/core', '@rectified-flow/backends'])('imports %s and prints nothing', entry => {
      expect(node(`import '${entry}'`)).toEqual({ stdout: '', stderr: '' })
    })

    it.each(['cpu', 'wasm'])('computes gradients in plain Node on %s', backend => {
      expect(node(gradient(backend))).toEqual(printed)
    })

    it.each([
      ['at its end', '', 0],
      ['on process.exit', 'process.exit(3)', 3],
      [
        'on process.exit while a thread starts',
        'await useBackend("wasm", { threads: 4 }); process.exit(3)',
        3,
      ],
    ])('lets a process with threads end %s', (_, last, status) => {
      const start = Date.now()
      const module = `
        import { conv2d, useBackend } from '@rectified-flow/backends'
        import * as tf from '@tensorflow/tfjs-core'
        await useBackend('wasm', { threads: 2 })
        const x = tf.ones([4, 64, 64, 16])
        for (let i = 0; i < 20; i++) tf.dispose(conv2d(x, tf.ones([1, 1, 16, 32])))
        console.log(tf.max(conv2d(x, tf.ones([1, 1, 16, 32]))).dataSync()[0])
        ${last}`
      const ended = spawnSync(process.execPath, ['--input-type=module'], {
        cwd: backends,
        input: module,
        encoding: 'utf8',
      })
      expect(ended).toMatchObject({ stdout: '16\n', stderr: '', status })
      expect(Date.now() - start).toBeLessThan(20_000)
    })

    it.each([
      ['an error', 'throw new TypeError("mine")'],
      ['a rejection', 'Promise.reject(new TypeError("mine")); await new Promise(() => {})'],
    ])("shows %s that nobody catches as Node does, not with tfjs's code", (_, last) => {
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module'], {
        cwd: backends,
        input: `import { useBackend } from '@rectified-flow/backends'
          await useBackend('wasm')
          ${last}`,
        encoding: 'utf8',
      })
      expect(status).toBe(1)
      expect(stderr).toContain('TypeError: mine')
      expect(stderr.length).toBeLessThan(1000)
    })

    it.each(['node', 'node-gpu'])('says what to install for %s', backend => {
      const folder = mkdtempSync(join(tmpdir(), 'backends-'))
      try {
        const modules = join(folder, 'node_modules')
        for (const name of ['backends', 'core']) {
          const [from, to] = [join(backends, '..', name), join(modules, '@rectified-flow', name)]
          cpSync(join(from, 'dist'), join(to, 'dist'), { recursive: true })
          cpSync(join(from, 'package.json'), join(to, 'package.json'))
        }
        const tfjs = ['core', 'backend-cpu', 'backend-wasm', 'backend-webgpu'].map(
          name => `@tensorflow/tfjs-${name}`,
        )
        for (const name of [...tfjs, '@bufbuild/protobuf']) {
          mkdirSync(dirname(join(modules, name)), { recursive: true })
          symlinkSync(realpathSync(join(backends, 'node_modules', name)), join(modules, name))
        }
        const module = `
        import { useBackend } from '@rectified-flow/backends'
        await useBackend('${backend}').catch(error => console.log(error.message))`
        const pkg = `@tensorflow/tfjs-${backend}`
        expect(node(module, folder)).toEqual({
          stdout: `backends.useBackend: ${backend} can't be used here: ${pkg} is not installed (npm install ${pkg}).\n`,
          stderr: '',
        })
      } finally {
        rmSync(folder, { recursive: true })
      }
    })

    it('registers gradients in a browser bundle, even where little is used', async () => {
      const { code, outside } = await bundle(gradient('cpu'))
      expect(outside).toEqual([])
      expect(node(code)).toEqual(printed)
    })

    it('leaves what is not used out of a bundle', async () => {
      const { code } = await bundle(`
      import { groupNorm } from '@rectified-flow/backends'
      console.log(typeof groupNorm)`)
      expect(node(code)).toEqual({ stdout: 'function\n', stderr: '' })
      for (const text of ['tfjs-backend-wasm', 'requestAdapter', 'registerGradient('])
        expect(code).not.toContain(text)
    })
  },
)

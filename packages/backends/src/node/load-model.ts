import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LoadModel } from '../tensorflow/graph/runner.js'
import { TAG } from '../tensorflow/graph/saved-model.js'

/** TensorFlow loads models from a folder only, so this writes a temporary one and removes it after loading. */
export const loadModel: LoadModel = (binding, bytes) => {
  const folder = mkdtempSync(join(tmpdir(), 'rectified-flow-graph-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes)
    return binding.loadSavedModel(folder, TAG)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

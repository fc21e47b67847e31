import { createProgram } from './program.js'
import { speaker } from './warn.js'
import { followParent, isWorker, report } from './worker.js'

if (isWorker) followParent()
try {
  await createProgram().parseAsync()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  if (isWorker) report({ error: message })
  else console.error(`rectified-flow: ${speaker()}${message}`)
  if (process.env.DEBUG && error instanceof Error) console.error(error.stack)
  process.exitCode = 1
}

#!/usr/bin/env node
import { createProgram } from './program.js'

try {
  await createProgram().parseAsync()
} catch (error) {
  console.error(`rectified-flow: ${error instanceof Error ? error.message : String(error)}`)
  if (process.env.DEBUG && error instanceof Error) console.error(error.stack)
  process.exitCode = 1
}

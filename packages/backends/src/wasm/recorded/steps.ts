import { patch } from '../../compile/patch.js'
import type { WasmBackend } from '../backend.js'
import { numbersOf } from '../watcher.js'
import {
  type Call,
  type Command,
  type Copying,
  type Data,
  isCall,
  isPlace,
  isUse,
  type View,
} from './program.js'
import type { Slot } from './slot.js'

/** A command that can be run again: its numbers follow the tensors. */
export interface Step {
  numbers: number[]
  run(numbers: readonly number[]): void
}

export interface Steps {
  steps: Step[]
  /** Where the places of random words stand. */
  drawn: { numbers: number[]; at: number; draw: number }[]
  /** What tfjs's functions take as bytes, and the numbers that are their addresses. */
  bytes: { values: Uint8Array; numbers: number[]; at: number }[]
}

/** Functions of tfjs whose XNNPACK operators keep a packed copy of a tensor, by its number. */
const KEEPING = new Set(
  'BatchMatMul Conv2D DepthwiseConv2dNative FusedConv2D FusedDepthwiseConv2D _FusedMatMul Prelu'.split(' '),
)

/**
 * @param slotOf  the slot of each tensor
 * @param drawOf  the number of the draw that has this place
 */
export function stepsOf(
  backend: WasmBackend,
  commands: readonly Command[],
  slotOf: (data: Data) => Slot,
  drawOf: (place: object) => number | undefined,
): Steps {
  const drawn: Steps['drawn'] = []
  const bytes: Steps['bytes'] = []
  const steps = commands.map(command => {
    const numbers: number[] = []
    if (!isCall(command)) return { numbers, run: copyAgain(backend, command, slotOf) }
    for (const argument of command.args) {
      const at = numbers.length
      if (typeof argument === 'number') numbers.push(argument)
      else if (isUse(argument)) {
        const slot = slotOf(argument.data)
        if (argument.offset === undefined) numbers.push(slot.id)
        else slot.useIn(numbers, at, argument.offset)
      } else if (isPlace(argument)) {
        numbers.push(...numbersOf([argument]))
        const draw = drawOf(argument)
        if (draw !== undefined) drawn.push({ numbers, at, draw })
      } else {
        numbers.push(0)
        bytes.push({ values: argument, numbers, at })
      }
    }
    return { numbers, run: command.run ?? callAgain(backend, command, slotOf) }
  })
  return { steps, drawn, bytes }
}

/** Call a function of tfjs's module, without the wrapper that copies bytes into the heap. */
function callAgain(backend: WasmBackend, { name, args }: Call, slotOf: (data: Data) => Slot): Step['run'] {
  const func = backend.wasm[`_${name}`]!
  if (!KEEPING.has(name)) return numbers => func(...numbers)
  const slots = args.filter(isUse).map(({ data }) => slotOf(data))
  return numbers => {
    for (const slot of slots) slot.changed()
    func(...numbers)
  }
}

/** Run a kernel of tfjs, which finds the memory of what it makes. */
function copyAgain(
  backend: WasmBackend,
  { inputs, made, attrs, run }: Copying,
  slotOf: (data: Data) => Slot,
) {
  const infos = Object.entries(inputs).map(
    ([name, { data, shape }]: [string, View]) => [name, { ...slotOf(data).info, shape }] as const,
  )
  const given = Array.isArray(inputs) ? infos.map(([, info]) => info) : Object.fromEntries(infos)
  const outputs = made.map(data => slotOf(data).info)
  return () => {
    let next = 0
    const restore = patch(backend, {
      makeOutput: shape => ({ ...outputs[next++]!, shape }),
      incRef: () => undefined,
      disposeData: () => false,
    })
    try {
      run({ inputs: given, attrs, backend })
    } finally {
      restore()
    }
  }
}

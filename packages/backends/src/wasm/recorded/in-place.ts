import type * as tf from '@tensorflow/tfjs-core'
import type { Life } from '../../compile/lives.js'
import { type Data, isCall, isUse, type Program } from './program.js'

/** Calls that read each number of a tensor before they write it: their outputs stand so many arguments after these inputs. */
const APART = new Map([['adamEma', 5]])

/**
 * Variables that may be written over, by what they are assigned: the call that computes it reads what it writes over, and
 * nothing else needs either afterwards.
 */
export function overwritten(
  { commands, results, assigned }: Program,
  lives: ReadonlyMap<Data, Life>,
): Map<Data, tf.Variable> {
  const returned = new Set(results.map(({ data }) => data))
  const found = new Map<Data, tf.Variable>()
  for (const { variable, before, after } of assigned) {
    const [old, made] = [before && lives.get(before), lives.get(after)]
    if (!before || !old || !made || old.last !== made.first) continue
    const isShared = assigned.some(
      one => one.after === before || (one.after === after && one.variable !== variable),
    )
    if (isShared || returned.has(before) || returned.has(after)) continue
    const command = commands[made.first]!
    const apart = APART.get(command.name)
    if (apart === undefined || !isCall(command)) continue
    const places = command.args.map(argument => (isUse(argument) ? argument.data : undefined))
    const from = places.indexOf(before)
    if (from >= 0 && from === places.lastIndexOf(before) && places[from + apart] === after)
      found.set(after, variable)
  }
  return found
}

import {
  DRAWN_SIDE,
  LOSSES,
  type LossName,
  POINT_SETS,
  type PointSetName,
  SHOWN,
  type ShownName,
  SOLVERS,
  type SolverName,
  TIMESTEPS,
  type TimestepsName,
} from './choices.js'
import { cellsToText, textToCells } from './ink-text.js'
import {
  GLASSES,
  type Glasses,
  HAIR,
  HAT,
  type Hair,
  type Hat,
  MOUTH,
  type Mouth,
} from './pixels/face-choices.js'

/** The page's state, all of which a link holds. */
export interface State {
  data: PointSetName
  /** The inked cells of a drawn distribution. */
  ink: readonly boolean[]
  seed: number
  nfe: number
  solver: SolverName
  timesteps: TimestepsName
  loss: LossName
  digitSeed: number
  /** The class to draw, for a loaded network with classes. */
  label: number
  x: number
  y: number
  digitNfe: number
  faceSeed: number
  /** The wall's turn, across and down, in parts of a whole turn. */
  faceX: number
  faceY: number
  glasses: Glasses
  hair: Hair
  mouth: Mouth
  hat: Hat
  /** Steps of the two flows at the top. */
  steps: number
  show: ShownName
  /** 1 if the page is to train and to straighten a flow by itself. */
  run: number
}

/** Writes one value as text and reads it back. `read` takes any text and gives undefined where it holds no such value. */
interface Codec<T> {
  write(value: T): string
  read(text: string): T | undefined
}

const oneOf = <T extends string>(choices: readonly T[]): Codec<T> => ({
  write: value => value,
  read: text => choices.find(choice => choice === text),
})

const number = (min: number, max: number, digits = 0): Codec<number> => ({
  write: value => String(Number(value.toFixed(digits))),
  read(text) {
    const value = Number(text)
    if (text === '' || !Number.isFinite(value)) return undefined
    return Number(Math.min(max, Math.max(min, value)).toFixed(digits))
  },
})

const codecs: { [Key in keyof State]: Codec<State[Key]> } = {
  data: oneOf(POINT_SETS),
  ink: { write: cellsToText, read: text => textToCells(text, DRAWN_SIDE ** 2) },
  seed: number(0, 999_999),
  nfe: number(1, 32),
  solver: oneOf(SOLVERS),
  timesteps: oneOf(TIMESTEPS),
  loss: oneOf(LOSSES),
  digitSeed: number(0, 999_999),
  label: number(0, 999),
  x: number(0, 1, 3),
  y: number(0, 1, 3),
  digitNfe: number(1, 32),
  faceSeed: number(0, 999_999),
  faceX: number(0, 1, 3),
  faceY: number(0, 1, 3),
  glasses: oneOf(GLASSES),
  hair: oneOf(HAIR),
  mouth: oneOf(MOUTH),
  hat: oneOf(HAT),
  steps: number(1, 32),
  show: oneOf(SHOWN),
  run: number(0, 1),
}

export const DEFAULTS: State = {
  data: 'moons',
  ink: Array<boolean>(DRAWN_SIDE ** 2).fill(false),
  seed: 1,
  nfe: 16,
  solver: 'euler',
  timesteps: 'uniform',
  loss: 'squaredL2',
  digitSeed: 5,
  label: 8,
  x: 0.5,
  y: 0.5,
  digitNfe: 16,
  faceSeed: 1,
  faceX: 0,
  faceY: 0,
  glasses: 'mixed',
  hair: 'mixed',
  mouth: 'mixed',
  hat: 'no',
  steps: 32,
  show: 'paths',
  run: 0,
}

const keys = Object.keys(DEFAULTS) as (keyof State)[]

/** The values that differ from the defaults, as the part of an address after its #. */
export function toHash(state: State): string {
  const parameters = new URLSearchParams()
  for (const key of keys) {
    const write = codecs[key].write as (value: unknown) => string
    if (write(state[key]) !== write(DEFAULTS[key])) parameters.set(key, write(state[key]))
  }
  return parameters.toString()
}

/** The state of a link, with defaults for values that are missing or can't be read. */
export function fromHash(hash: string): State {
  const parameters = new URLSearchParams(hash.replace(/^#/, ''))
  const read = keys.map(key => [key, codecs[key].read(parameters.get(key) ?? '') ?? DEFAULTS[key]] as const)
  return Object.fromEntries(read) as unknown as State
}

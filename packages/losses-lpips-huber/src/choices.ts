import { l2Choice } from './l2.js'
import { lpipsHuberChoice } from './lpips-huber.js'
import { pseudoHuberChoice } from './pseudo-huber.js'
import { squaredL2Choice } from './squared-l2.js'

/** Every premetric by its name, for settings files and command lines. Code imports only the one that it uses. */
export const premetrics = {
  squaredL2: squaredL2Choice,
  l2: l2Choice,
  pseudoHuber: pseudoHuberChoice,
  lpipsHuber: lpipsHuberChoice,
}

export type PremetricName = keyof typeof premetrics

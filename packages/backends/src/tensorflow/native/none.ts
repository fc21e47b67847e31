import type { Eager, Value } from '../eager.js'

/** In the place of an input of a native operation that is not given. */
export const none = (ops: Eager): Value => ops.constant('none', [0], () => new Float32Array(0))

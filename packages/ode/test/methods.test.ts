import { euler, heun, midpoint, rk4 } from '@rectified-flow/ode'
import { testMethod } from './conformance.js'

testMethod(euler, { order: 1, nfe: 1 })
testMethod(heun, { order: 2, nfe: 2 })
testMethod(midpoint, { order: 2, nfe: 2 })
testMethod(rk4, { order: 4, nfe: 4 })

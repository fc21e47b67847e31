export { pivotedCholesky } from './pivoted-cholesky'
export { addProduct } from './products'
export { roomFor, traceOfFactors } from './trace-sqrt-product'

import { bindings, constants, typeOf, unitOf } from '../shader-text.js'
import { type Product, rowsOf } from './product.js'

/** Threads of a workgroup; each has one number of the product, or four neighbours. */
export const SUM_THREADS = 64

/** How many workgroups add up the parts. */
export const sumWorkgroups = (product: Product): number =>
  Math.ceil((product.batch * rowsOf(product) * product.columns) / product.width / SUM_THREADS)

/** Adds up the parts of a product in their order, and writes the sums as a whole product would be written. */
export function sumAndPutText(product: Product, parts: number): string {
  const { added, results } = product.bindings
  const type = typeOf(product.width)
  return `
${bindings({ read: [`parts: ${type}`, ...added], write: results })}
${constants({ ROWS: product.rows, COLUMNS: product.columns })}
const COUNT = ${(product.batch * rowsOf(product) * product.columns) / product.width}u;
var<private> batch: u32;
${product.shared}
${product.put}
@compute @workgroup_size(${SUM_THREADS})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ${unitOf('workgroup')} * ${SUM_THREADS}u + thread;
  if (i >= COUNT) { return; }
  var sum = ${type}();
  for (var part = 0u; part < ${parts}u; part++) { sum += parts[part * COUNT + i]; }
  let row = i * ${product.width}u / COLUMNS;
  batch = row / ${rowsOf(product)}u;
  put(row % ${rowsOf(product)}u, i * ${product.width}u % COLUMNS, sum);
}`
}

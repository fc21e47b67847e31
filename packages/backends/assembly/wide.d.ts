/**
 * 1 in the kernels that are compiled for wide vectors, 0 in the others.
 *
 * With --experimental-wasm-revectorize, V8 on x64 joins two vectors of 4 floats to one of 8. It looks for two stores to
 * neighbouring places, and then joins the operations that lead to the stored vectors, back to their loads. For this, both vectors
 * must come from the same operations, these must be in one block (with no branch between them), and there must be no load between
 * the two stores. So kernels load first, compute both vectors, and then store both.
 */
declare const WIDE: i32

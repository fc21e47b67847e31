/**
 * 1 where these kernels are compiled for an engine that makes one vector of 8 floats of two of 4, as V8 does on x64 with
 * --experimental-wasm-revectorize. It begins with two stores beside each other and joins what leads to them, back to loads, if
 * both halves are the same operations, in one block, with no loads between the stores.
 */
declare const WIDE: i32

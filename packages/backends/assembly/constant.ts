/**
 * A vector of one number. V8 makes one of 8 floats with five instructions wherever it is used, but loads it with one or two; so
 * kernels for wide vectors have their numbers in a table in memory, and others in their code.
 *
 * @param table  where the numbers are
 * @param place  the one that is wanted
 * @param value  what is there
 */
@inline
export function constant(table: usize, place: i32, value: f32): v128 {
  return WIDE ? v128.load32_splat(table + ((<usize>place) << 2)) : f32x4.splat(value)
}

/**
 * A vector whose lanes all have the same number. Where code has such a number, V8 needs five instructions to make a vector of 8 of
 * it, each time that it is used; to load it from memory takes one or two. So kernels for wide vectors have a table of their numbers
 * in memory, and the other kernels have the numbers in their code.
 *
 * @param table  the address of the table
 * @param place  the number's place in the table
 * @param value  the number
 */
@inline
export function constant(table: usize, place: i32, value: f32): v128 {
  return WIDE ? v128.load32_splat(table + ((<usize>place) << 2)) : f32x4.splat(value)
}

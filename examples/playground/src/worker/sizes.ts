/** Numbers that enter and leave each layer of a flow of the plane: x, y and two of the time go in, a velocity comes out. */
export const SIZES: readonly number[] = [4, 64, 64, 64, 2]

/** How many weights a flow of the plane has. */
export const WEIGHTS = SIZES.slice(1).reduce((sum, to, i) => sum + (SIZES[i]! + 1) * to, 0)

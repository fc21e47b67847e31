/** The function from θ to Σ_j rows_ij θ^(j+1), one number per row. */
/* @__NO_SIDE_EFFECTS__ */
export function polynomials(rows: readonly (readonly number[])[]): (theta: number) => number[] {
  return theta => rows.map(row => row.reduceRight((sum, coefficient) => (sum + coefficient) * theta, 0))
}

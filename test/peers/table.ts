import { type Comparison, errorOf, passes } from './peer.js'

export interface Row extends Comparison {
  name: string
  version: string
}

/** The page of docs/numbers. */
export function page(rows: readonly Row[]): string {
  return `# Peers as judges

\`npm run peers\` installs these packages from PyPI, gives them and this library the same inputs, and compares the results. CI runs
it. Each package runs as it is; only weights that it would download are random ones, in both: the published heads of LPIPS come
with its package. Where several numbers are compared, ours and theirs are their root mean squares. The error is the largest
difference, as a share of their largest number; 0 means the same bits.

${tableOf(rows)}

- **torch**: a U-Net written in PyTorch loads the state of a trainer after three steps, which \`toTorchState\` has named, and does the
  trainer's fourth step. Ours is the trainer's, restored from the same file.
- **torchdiffeq**: its rk4 is Kutta's 3/8 rule, and so is ours here. It chooses adaptive steps by a rule that differs in details, so
  calls may differ by a fifth. It is told to end a step at the end of the span (\`step_t\`): by default it steps over the end and
  interpolates, which for bosh3 costs 1e-7 at a tolerance of 1e-10.
- **piq** takes the square root of a matrix in its Fréchet distance by an iteration that ends at an error of 1e-5, which is 6e-4 of
  this distance; the other three packages agree with ours. Its LPIPS gets its heads from the lpips package.
- **torch-fidelity** gives deviations over n, ours are over n - 1; they are compared over n.
- **clean-fid**'s network is a TorchScript file that has to be downloaded, so only its resize and its distances are compared.
- **torchcfm** has data at t = 1, so times and velocities are turned around.

The comparisons and the installation took 110 s of processor time. The scripts are in [test/peers](../../test/peers).
This table is what \`npm run peers -- --write\` made on wasm.
`
}

/** The comparisons as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = ['package', 'what', 'numbers', 'ours', 'theirs', 'error', 'limit']
  const cells = rows.map(row => [
    `${row.name} ${row.version}`,
    row.what,
    row.theirs.length.toLocaleString('en'),
    digits(row.ours),
    digits(row.theirs),
    short(errorOf(row)) + (passes(row) ? '' : ' **too large**'),
    short(row.limit),
  ])
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map(row => row[i]!.length)))
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [line(head), rule, ...cells.map(line)].join('\n')
}

/** One number, or the root mean square of several. */
function digits(values: ArrayLike<number>): string {
  if (values.length === 1) return round(values[0]!)
  let squares = 0
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2
  return round(Math.sqrt(squares / values.length))
}

const round = (value: number) => String(Number(value.toPrecision(6)))
const short = (value: number) => (value === 0 ? '0' : value.toExponential(0))

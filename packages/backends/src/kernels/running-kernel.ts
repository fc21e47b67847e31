let running = ''

/** The name of the kernel that runs now, for the labels of what it makes. */
export const runningKernel = (): string => running

/** Run a kernel under its name. */
export function named<T>(name: string, kernel: () => T): T {
  const outer = running
  running = name
  try {
    return kernel()
  } finally {
    running = outer
  }
}

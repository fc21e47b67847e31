export function compileKernels(): Promise<Record<string, string>>

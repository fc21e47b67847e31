/** Replace members of an object, and return what puts them back. */
export function patch<T extends object>(target: T, replacements: Partial<T>): () => void {
  const names = Object.keys(replacements)
  const before = names.map(name => [name, Object.getOwnPropertyDescriptor(target, name)] as const)
  Object.assign(target, replacements)
  return () => {
    for (const [name, descriptor] of before)
      if (descriptor) Object.defineProperty(target, name, descriptor)
      else delete target[name as keyof T] // it was the prototype's
  }
}

/**
 * How many bytes of memory the objects that describe the content of a file of this size may take: the values of a pickle,
 * the entries of a header. One byte of a hostile file can ask for an object of 200 bytes. Files
 * of weights are made of numbers, which take no objects.
 */
export function memoryBudget(fileBytes: number): number {
  return 2 ** 25 + 2 * fileBytes
}

import { checkInt, describe } from './checks.js'

/**
 * The number of a class that is given by its number or by its name.
 *
 *     classNumber(source.classNames ?? 10, 'cat')
 *
 * @param classes  how many there are, or their names in the order of their numbers
 */
export function classNumber(classes: number | readonly string[], label: number | string): number {
  return classNumberOf('core.classNumber', 'label', classes, label)
}

/** `classNumber` for an argument of another function. */
export function classNumberOf(
  where: string,
  name: string,
  classes: number | readonly string[],
  label: number | string,
): number {
  const names = typeof classes === 'number' ? [] : classes
  const found = typeof label === 'string' ? names.indexOf(label) : label
  if (typeof label === 'string' && found < 0)
    throw new RangeError(
      names.length > 0
        ? `${where}: ${name} must be one of ${names.join(', ')}, got ${describe(label)}.`
        : `${where}: ${name} must be a number, because the classes have no names, got ${describe(label)}.`,
    )
  checkInt(where, name, found, 0, (typeof classes === 'number' ? classes : names.length) - 1)
  return found
}

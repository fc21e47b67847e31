import { type Cursor, FileError } from './cursor.js'
import { PickleStack } from './pickle-stack.js'
import { readDecimal, readLiteral } from './read-literal.js'
import { describePy, PyGlobal, PyObject, type PyValue } from './values.js'

/**
 * How many lists, dicts, tuples and other objects a pickle of this size may make. One byte of a hostile pickle makes an
 * object that takes about 100 bytes of memory. Files of weights have at least 15 bytes for each object.
 */
const maxObjects = (bytes: number) => 10_000 + Math.floor(bytes / 8)
const MAX_OPERATIONS = 50_000_000

/** Which globals a pickle may name, and how its references to data outside of the pickle are resolved. */
export interface PickleRules {
  /** The stand-in for a global; undefined if the global isn't allowed. */
  global(name: string): PyGlobal | undefined
  persistent?(id: PyValue): PyValue
}

/**
 * Run the pickle (protocol 0 to 5) that starts at the cursor, and leave the cursor after its end. Nothing in the file is
 * executed: the rules give a stand-in for each global, a global without one is an error, and a call runs the stand-in.
 *
 * @see https://github.com/python/cpython/blob/3.12/Lib/pickletools.py for what each operation does
 */
export function runPickle(cursor: Cursor, rules: PickleRules): PyValue {
  return new Machine(cursor, rules).run()
}

class Machine {
  readonly #cursor: Cursor
  readonly #rules: PickleRules
  readonly #stack: PickleStack
  readonly #memo = new Map<number, PyValue>()
  #objects = 0

  constructor(cursor: Cursor, rules: PickleRules) {
    this.#cursor = cursor
    this.#rules = rules
    this.#stack = new PickleStack(cursor)
  }

  run(): PyValue {
    const cursor = this.#cursor
    for (let count = 0; count < MAX_OPERATIONS; count++) {
      const operation = cursor.uint8()
      if (operation === 0x2e /* STOP */) return this.#stack.pop()
      let value = readLiteral(cursor, operation) // null is None
      if (value === undefined) value = this.#makeContainer(operation)
      if (value === undefined) this.#step(operation)
      else this.#stack.push(value)
    }
    throw cursor.error(`a pickle must have at most ${MAX_OPERATIONS} operations`, 'more')
  }

  #step(operation: number): void {
    const [cursor, memo] = [this.#cursor, this.#memo]
    switch (String.fromCharCode(operation)) {
      case '\x80': {
        const protocol = cursor.uint8()
        if (protocol > 5) throw cursor.error('the protocol must be at most 5', `${protocol}`)
        break
      }
      case '\x95': // FRAME: how much to read ahead
        if (cursor.uint64() > cursor.bytes.length - cursor.at)
          throw cursor.error('a frame must end within the file', 'one that does not')
        break

      case 'a':
        this.#append(this.#stack.popMany(1))
        break
      case 'e':
        this.#append(this.#stack.popMark())
        break
      case 's':
        this.#setItems(this.#stack.popMany(2))
        break
      case 'u':
        this.#setItems(this.#stack.popMark())
        break
      case '\x90': {
        const items = this.#stack.popMark()
        const set = this.#stack.top()
        if (!(set instanceof Set)) throw cursor.error('ADDITEMS must find a set', describePy(set))
        for (const item of items) set.add(item)
        break
      }

      case '(':
        this.#stack.mark(this.#count([]))
        break
      case '0':
        if (this.#stack.isEmpty) this.#stack.popMark()
        else this.#stack.pop()
        break
      case '1':
        this.#stack.popMark()
        break
      case '2':
        this.#stack.push(this.#stack.top())
        break
      case 'p':
        memo.set(Number(readDecimal(cursor)), this.#stack.top())
        break
      case 'q':
        memo.set(cursor.uint8(), this.#stack.top())
        break
      case 'r':
        memo.set(cursor.uint32(), this.#stack.top())
        break
      case '\x94':
        memo.set(memo.size, this.#stack.top())
        break
      case 'g':
        this.#recall(Number(readDecimal(cursor)))
        break
      case 'h':
        this.#recall(cursor.uint8())
        break
      case 'j':
        this.#recall(cursor.uint32())
        break

      case 'c':
        this.#pushGlobal(cursor.line(), cursor.line())
        break
      case '\x93': {
        const [module, name] = this.#stack.popMany(2)
        this.#pushGlobal(module, name)
        break
      }
      case 'R':
      case '\x81': {
        const [target, args] = this.#stack.popMany(2)
        this.#call(target, args)
        break
      }
      case '\x92': {
        const [target, args, options] = this.#stack.popMany(3)
        if (!(options instanceof Map && options.size === 0))
          throw cursor.error('a class must be made with no named arguments', describePy(options))
        this.#call(target, args)
        break
      }
      case 'i': {
        const args = this.#stack.popMark()
        this.#pushGlobal(cursor.line(), cursor.line())
        this.#call(this.#stack.pop(), args)
        break
      }
      case 'o': {
        const [target, ...args] = this.#stack.popMark()
        this.#call(target, args)
        break
      }
      case 'b':
        this.#build(this.#stack.pop())
        break
      case 'Q':
        this.#stack.push(this.#persistent(this.#stack.pop()))
        break
      case 'P':
        this.#stack.push(this.#persistent(cursor.line()))
        break
      default:
        cursor.at--
        throw cursor.error(
          'an operation must be one that pickles have',
          `0x${operation.toString(16).padStart(2, '0')}`,
        )
    }
  }

  #makeContainer(operation: number): PyValue | undefined {
    switch (String.fromCharCode(operation)) {
      case ']':
      case ')':
        return this.#count([])
      case '}':
        return this.#count(new Map())
      case '\x8f':
        return this.#count(new Set())
      case 'l':
      case 't':
        return this.#count(this.#stack.popMark())
      case '\x85':
        return this.#count(this.#stack.popMany(1))
      case '\x86':
        return this.#count(this.#stack.popMany(2))
      case '\x87':
        return this.#count(this.#stack.popMany(3))
      case 'd': {
        const dict = new Map<PyValue, PyValue>()
        this.#setItems(this.#stack.popMark(), dict)
        return this.#count(dict)
      }
      case '\x91':
        return this.#count(new Set(this.#stack.popMark()))
      default:
        return undefined
    }
  }

  #count<T>(value: T, objects = 1): T {
    this.#objects += objects
    const most = maxObjects(this.#cursor.bytes.length)
    if (this.#objects > most)
      throw this.#cursor.error(`a pickle of this size must make at most ${most} objects`, 'more')
    return value
  }

  #append(items: PyValue[]): void {
    const list = this.#stack.top()
    if (!Array.isArray(list)) throw this.#cursor.error('APPEND must find a list', describePy(list))
    for (const item of items) list.push(item)
  }

  #setItems(items: PyValue[], target = this.#stack.top()): void {
    if (!(target instanceof Map)) throw this.#cursor.error('SETITEM must find a dict', describePy(target))
    if (items.length % 2 !== 0)
      throw this.#cursor.error('a dict must get keys and values', `${items.length} of them`)
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!)
  }

  #recall(key: number): void {
    const value = this.#memo.get(key)
    if (value === undefined)
      throw this.#cursor.error('the memo must hold the value that is read from it', `no ${key}`)
    this.#stack.push(value)
  }

  #pushGlobal(module: PyValue | undefined, name: PyValue | undefined): void {
    const full = `${module}.${name}`.slice(0, 200)
    const found =
      typeof module === 'string' && typeof name === 'string' ? this.#rules.global(full) : undefined
    if (!found) throw this.#cursor.error('globals must be on the list that files of weights need', full)
    this.#stack.push(found)
  }

  #call(target: PyValue | undefined, args: PyValue | undefined): void {
    if (!(target instanceof PyGlobal && target.call))
      throw this.#cursor.error('what is called must be a function or class', describePy(target))
    if (!Array.isArray(args)) throw this.#cursor.error('arguments must be a tuple', describePy(args))
    // A stand-in may copy its arguments, and through the memo a pickle can pass the same large one a million times.
    for (const arg of args)
      if (Array.isArray(arg) || typeof arg === 'string') this.#count(arg, Math.ceil(arg.length / 8))
    try {
      this.#stack.push(this.#count(target.call(args)))
    } catch (cause) {
      if (cause instanceof FileError) throw cause
      throw this.#cursor.error(
        `${target.name} must get what PyTorch gives it`,
        (cause as Error).message,
        cause,
      )
    }
  }

  #build(state: PyValue): void {
    const target = this.#stack.top()
    if (target instanceof PyObject) target.state = state
    else if (!(target instanceof Map || target instanceof Set))
      // The state of a Map is dropped: it is an OrderedDict's attributes (`_metadata` of a state dict), not weights.
      throw this.#cursor.error('BUILD must find an object', describePy(target))
  }

  #persistent(id: PyValue): PyValue {
    if (!this.#rules.persistent)
      throw this.#cursor.error('the pickle must hold all of its data', 'a reference to data outside of it')
    this.#count(id)
    try {
      return this.#rules.persistent(id)
    } catch (cause) {
      throw this.#cursor.error("a reference must be to a tensor's storage", (cause as Error).message, cause)
    }
  }
}

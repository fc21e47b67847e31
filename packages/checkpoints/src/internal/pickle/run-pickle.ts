import { memoryBudget } from '../memory-budget.js'
import { type Cursor, FileError } from './cursor.js'
import { Memo } from './memo.js'
import { PickleStack } from './pickle-stack.js'
import { readDecimal, readLiteral } from './read-literal.js'
import { runsCode } from './runs-code.js'
import { describePy, memoryOf, PyGlobal, PyObject, type PyValue } from './values.js'

const MAX_OPERATIONS = 50_000_000

/** What the globals that a pickle names do here, and how its references to data outside of the pickle are resolved. */
export interface PickleRules {
  /** The stand-in for a global. undefined: any call of it gives an object without behaviour. */
  global(name: string): PyGlobal | undefined
  persistent?(id: PyValue): PyValue
  /** The size of the file that the pickle is in. By default the pickle is all of it. */
  fileBytes?: number
}

/**
 * Run the pickle (protocol 0 to 5) that starts at the cursor, and leave the cursor after its end. Nothing in the file is
 * executed: a call of a global runs its stand-in, which is the rules' or one that only keeps its arguments.
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
  readonly #memo = new Memo()

  constructor(cursor: Cursor, rules: PickleRules) {
    this.#cursor = cursor
    this.#rules = rules
    this.#stack = new PickleStack(cursor, memoryBudget(rules.fileBytes ?? cursor.bytes.length))
  }

  run(): PyValue {
    const cursor = this.#cursor
    for (let count = 0; count < MAX_OPERATIONS; count++) {
      const operation = cursor.uint8()
      if (operation === 0x2e /* STOP */) return this.#stack.pop()
      let value = readLiteral(cursor, operation) // null is None
      if (value === undefined) value = this.#makeContainer(operation)
      if (value === undefined) this.#step(operation)
      else this.#stack.pushNew(value)
    }
    throw cursor.error(`a pickle must have at most ${MAX_OPERATIONS} operations`, 'more')
  }

  #step(operation: number): void {
    const cursor = this.#cursor
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
        if (!(set instanceof Set)) this.#append(items)
        else for (const item of items) set.add(item)
        this.#stack.charge(50 * items.length)
        break
      }

      case '(':
        this.#stack.charge(64)
        this.#stack.mark()
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
        this.#memoize(Number(readDecimal(cursor)))
        break
      case 'q':
        this.#memoize(cursor.uint8())
        break
      case 'r':
        this.#memoize(cursor.uint32())
        break
      case '\x94':
        this.#memoize(this.#memo.size)
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
        const [target, args] = this.#stack.popMany(3) // the third are named arguments
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
        this.#stack.pushNew(this.#persistent(this.#stack.pop()))
        break
      case 'P':
        this.#stack.pushNew(this.#persistent(cursor.line()))
        break
      case '\x97': // NEXT_BUFFER
        throw cursor.error('the pickle must hold all of its data', 'a buffer outside of it')
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
        return []
      case '}':
        return new Map()
      case '\x8f':
        return new Set()
      case 'l':
      case 't':
        return this.#stack.popMark()
      case '\x85':
        return this.#stack.popMany(1)
      case '\x86':
        return this.#stack.popMany(2)
      case '\x87':
        return this.#stack.popMany(3)
      case 'd': {
        const dict = new Map<PyValue, PyValue>()
        this.#setItems(this.#stack.popMark(), dict)
        return dict
      }
      case '\x91':
        return new Set(this.#stack.popMark())
      default:
        return undefined
    }
  }

  #append(items: PyValue[]): void {
    const target = this.#stack.top()
    if (target instanceof PyObject) target.list ??= []
    const list = target instanceof PyObject ? target.list : target
    if (!Array.isArray(list)) throw this.#cursor.error('APPEND must find a list', describePy(list))
    for (const item of items) list.push(item)
    this.#stack.charge(16 * items.length)
  }

  #setItems(items: PyValue[], target = this.#stack.top()): void {
    if (target instanceof PyObject) target.items ??= new Map()
    const dict = target instanceof PyObject ? target.items : target
    if (!(dict instanceof Map)) throw this.#cursor.error('SETITEM must find a dict', describePy(dict))
    if (items.length % 2 !== 0)
      throw this.#cursor.error('a dict must get keys and values', `${items.length} of them`)
    for (let i = 0; i < items.length; i += 2) dict.set(items[i]!, items[i + 1]!)
    this.#stack.charge(25 * items.length)
  }

  #memoize(key: number): void {
    this.#stack.charge(this.#memo.set(key, this.#stack.top()))
  }

  #recall(key: number): void {
    const value = this.#memo.get(key)
    if (value === undefined)
      throw this.#cursor.error('the memo must hold the value that is read from it', `no ${key}`)
    this.#stack.push(value)
  }

  #pushGlobal(module: PyValue | undefined, name: PyValue | undefined): void {
    const full = `${module}.${name}`.slice(0, 200)
    if (typeof module !== 'string' || typeof name !== 'string')
      throw this.#cursor.error("a global's module and name must be text", describePy(module))
    if (runsCode(full)) throw this.#cursor.error('globals must not be ones that run code', full)
    this.#stack.pushNew(this.#rules.global(full) ?? new PyGlobal(full, args => new PyObject(full, args)))
  }

  #call(target: PyValue | undefined, args: PyValue | undefined): void {
    if (!Array.isArray(args)) throw this.#cursor.error('arguments must be a tuple', describePy(args))
    if (!(target instanceof PyGlobal)) {
      // The value of an expression that Python would have evaluated, such as a method.
      if (!(target instanceof PyObject))
        throw this.#cursor.error('what is called must be a function or class', describePy(target))
      this.#stack.pushNew(new PyObject(target.className, args))
      return
    }
    // A stand-in may copy its arguments, and through the memo a pickle can pass the same large one a million times.
    for (const arg of args)
      if (Array.isArray(arg) || typeof arg === 'string') this.#stack.charge(memoryOf(arg))
    try {
      this.#stack.pushNew(target.call(args))
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
    else if (!(target instanceof Map || target instanceof Set || Array.isArray(target)))
      // The state of a Map is dropped: it is an OrderedDict's attributes (`_metadata` of a state dict), not weights.
      throw this.#cursor.error('BUILD must find an object', describePy(target))
  }

  #persistent(id: PyValue): PyValue {
    if (!this.#rules.persistent)
      throw this.#cursor.error('the pickle must hold all of its data', 'a reference to data outside of it')
    this.#stack.charge(memoryOf(id))
    try {
      return this.#rules.persistent(id)
    } catch (cause) {
      throw this.#cursor.error("a reference must be to a tensor's storage", (cause as Error).message, cause)
    }
  }
}

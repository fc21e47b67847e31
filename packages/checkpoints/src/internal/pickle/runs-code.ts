/** Modules whose functions run commands or read code. */
const MODULES =
  /^(?:os|posix|nt|subprocess|_posixsubprocess|sys|pty|runpy|importlib|imp|ctypes|socket|shutil|commands|code|codeop|marshal|pickle|_pickle|webbrowser)\./
const FUNCTIONS =
  /^(?:builtins|__builtin__)\.(?:eval|exec|execfile|compile|open|__import__|breakpoint|apply|input)$/

/**
 * Whether Python would run commands, or code that comes with the file, if it called this global. A pickle that names it is an
 * attack, and no file of weights. It couldn't do harm here, where nothing is run; but the user should know.
 */
export function runsCode(name: string): boolean {
  return MODULES.test(name) || FUNCTIONS.test(name)
}

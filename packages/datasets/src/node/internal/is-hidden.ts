/** Names that systems leave beside the user's own: macOS in zips, Synology for previews, Windows on its disks. */
const LEFT_BEHIND = new Set([
  '__MACOSX',
  '@eaDir',
  '$RECYCLE.BIN',
  'System Volume Information',
  'Thumbs.db',
  'desktop.ini',
])

/** Whether a file is hidden, or in a hidden folder: its name or a folder's begins with a dot, or a system left it there. */
export function isHidden(name: string): boolean {
  return name.split('/').some(part => part.startsWith('.') || LEFT_BEHIND.has(part))
}

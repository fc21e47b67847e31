/** A tar file of these entries. `edit` changes a header of 512 bytes before its checksum is computed. */
export function tarFile(
  entries: readonly (readonly [name: string, bytes: Uint8Array])[],
  edit: (header: Buffer, index: number) => void = () => {},
): Uint8Array {
  const blocks = entries.flatMap(([name, bytes], index) => {
    const header = Buffer.alloc(512)
    header.write(name, 0, 100, 'latin1')
    header.write('0000644\0', 100)
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        0', 148)
    header.write('ustar\x0000', 257)
    edit(header, index)
    const sum = header.fill(0x20, 148, 156).reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]))
}

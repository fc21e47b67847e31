import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Writes the fields of a protobuf message. Field numbers are those of the format's .proto file. */
export type Message = (writer: BinaryWriter) => void

export function encode(body: Message): Uint8Array {
  const writer = new BinaryWriter()
  body(writer)
  return writer.finish()
}

export function message(writer: BinaryWriter, field: number, body: Message): void {
  writer.tag(field, WireType.LengthDelimited).fork()
  body(writer)
  writer.join()
}

export function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value)
}

export function bytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(value)
}

export function integer(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value)
}

export function integers(writer: BinaryWriter, field: number, values: readonly number[]): void {
  message(writer, field, packed => {
    for (const value of values) packed.int64(value)
  })
}

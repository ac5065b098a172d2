import { createRequire } from 'node:module';
import type Protobuf from 'protobufjs';

export type Message = Protobuf.Message;
export type MessageType = Protobuf.Type;

const require = createRequire(import.meta.url);

/** Loaded with the first model that is read or converted: a start with converted models does not need it. */
function protobuf(): typeof Protobuf {
  return require('protobufjs') as typeof Protobuf;
}

/** @returns looks up a message type of a schema in the Protocol Buffers language, which is parsed on first use */
export function messageTypes(schema: string): (name: string) => MessageType {
  let root: Protobuf.Root | null = null;
  return (name) => (root ??= protobuf().parse(schema, { keepCase: true }).root).lookupType(name);
}

/** Decodes a message with the fields that its schema does not name, so that encoding it again loses nothing. */
export function decodeWhole(type: MessageType, bytes: Uint8Array): Message {
  const reader = protobuf().Reader.create(bytes);
  reader.discardUnknown = false;
  return type.decode(reader);
}

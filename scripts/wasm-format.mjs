// Reads WebAssembly's binary format, as far as the build needs to. [WebAssembly core §5]

/** How many functions are imported, the bodies of the others, and what the name section calls them. */
export function sections(wasm) {
  const reader = new Reader(wasm, 8);
  const found = { imports: 0, bodies: [], names: new Map() };
  while (reader.at < wasm.length) {
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === IMPORT) found.imports = importedFunctions(reader);
    if (id === CODE) for (let left = reader.number(); left > 0; left--) found.bodies.push(reader.bytes(reader.number()));
    if (id === CUSTOM && reader.text() === 'name') readNames(reader, end, found.names);
    reader.at = end;
  }
  return found;
}

function importedFunctions(reader) {
  let functions = 0;
  for (let left = reader.number(); left > 0; left--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind === 0) functions++;
    if (kind === 1) reader.byte();
    // A type's number, or a table's and a memory's limits.
    const hasMost = kind === 1 || kind === 2 ? reader.number() & 1 : 0;
    if (kind !== 3 || hasMost) reader.number();
    if (hasMost) reader.number();
    if (kind === 3) reader.at += 2;
  }
  return functions;
}

function readNames(reader, end, names) {
  while (reader.at < end) {
    const kind = reader.byte();
    const behind = reader.number() + reader.at;
    if (kind === FUNCTION_NAMES) for (let left = reader.number(); left > 0; left--) names.set(reader.number(), reader.text());
    reader.at = behind;
  }
}

/** The functions that a body calls by name, or takes the address of. */
export function* calls(body) {
  const reader = new Reader(body, 0);
  for (let left = reader.number(); left > 0; left--) {
    reader.number();
    reader.byte();
  }
  while (reader.at < body.length) {
    const opcode = reader.byte();
    if (opcode === CALL || opcode === RETURN_CALL || opcode === REF_FUNC) yield reader.number();
    else skip(reader, opcode);
  }
}

/** Goes behind what follows an instruction's opcode. [§5.4] */
function skip(reader, opcode) {
  if (opcode >= 0x02 && opcode <= 0x04) return void reader.number();
  if (opcode === 0x0c || opcode === 0x0d || (opcode >= 0x20 && opcode <= 0x26) || (opcode >= 0x3f && opcode <= 0x42) || opcode === 0xd0) return void reader.number();
  if (opcode === 0x0e) return numbers(reader, reader.number() + 1);
  if (opcode === 0x11 || opcode === 0x13) return numbers(reader, 2);
  if (opcode === 0x1c) return numbers(reader, reader.number());
  if (opcode >= 0x28 && opcode <= 0x3e) return numbers(reader, 2);
  if (opcode === 0x43) return void (reader.at += 4);
  if (opcode === 0x44) return void (reader.at += 8);
  if (opcode === 0xfc) return numbers(reader, BULK[reader.number()] ?? unknown('fc'));
  if (opcode === 0xfd) return skipVector(reader, reader.number());
  if (opcode > 0xc4 || (opcode >= 0x06 && opcode <= 0x0a) || (opcode >= 0x14 && opcode <= 0x19) || opcode === 0x1f || opcode === 0x27) unknown(opcode.toString(16));
}

function skipVector(reader, opcode) {
  if (opcode <= 11 || opcode === 92 || opcode === 93) numbers(reader, 2);
  else if (opcode === 12 || opcode === 13) reader.at += 16;
  else if (opcode >= 21 && opcode <= 34) reader.at += 1;
  else if (opcode >= 84 && opcode <= 91) {
    numbers(reader, 2);
    reader.at += 1;
  }
}

function numbers(reader, count) {
  for (let left = count; left > 0; left--) reader.number();
}

function unknown(opcode) {
  throw new Error(`the instruction ${opcode} is not known here`);
}

export class Reader {
  constructor(buffer, at) {
    this.buffer = buffer;
    this.at = at;
  }

  byte() {
    return this.buffer[this.at++];
  }

  /** LEB128. */
  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  bytes(length) {
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  text() {
    return this.bytes(this.number()).toString('utf8');
  }
}

const CUSTOM = 0;
const IMPORT = 2;
export const CODE = 10;
const FUNCTION_NAMES = 1;
const CALL = 0x10;
const RETURN_CALL = 0x12;
const REF_FUNC = 0xd2;
/** How many numbers follow the opcodes of bulk memory and conversions, from 0 on. */
const BULK = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

import { type Marker, markerPrefix, parseMarker } from './far-side.ts';
import { LastBytes } from './last-bytes.ts';

/** Bytes to keep of the output of login shells. It may say why a shell did not run the command. */
const keptChatterBytes = 4096;

/**
 * Reads the standard output of ssh. Passes on the output of the program, byte for byte, and stores the markers. Keeps the
 * output of login shells, which comes before and after it, apart.
 */
export class FarOutput {
  readonly #prefix: Buffer;
  readonly #hops: number;
  readonly #begun = new Set<number>();
  readonly #ended = new Map<number, Exclude<Marker['word'], 'begin'>>();
  readonly #chatter = new LastBytes(keptChatterBytes);

  /** `hops` is the number of hosts on the route; the last one runs the program. */
  constructor(nonce: string, hops: number) {
    this.#prefix = Buffer.from(markerPrefix(nonce));
    this.#hops = hops;
  }

  /** True if a host began to run its command. */
  hasBegun(hop: number): boolean {
    return this.#begun.has(hop);
  }

  /** Returns how a host's command ended; undefined if the host printed no marker for it. */
  endOf(hop: number): Exclude<Marker['word'], 'begin'> | undefined {
    return this.#ended.get(hop);
  }

  /** Returns the last bytes that login shells printed. */
  chatter(): string {
    return this.#chatter.text();
  }

  /** Yields the program's output, extracted from the output of ssh. */
  async *read(stdout: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let held: Uint8Array = Buffer.alloc(0);
    for await (const chunk of stdout) {
      let data = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk]);
      for (;;) {
        const at = data.indexOf(this.#prefix);
        const lineBreak = at === -1 ? -1 : data.indexOf('\n', at);
        const end = at === -1 ? data.length - this.#beginningAtEnd(data) : at;
        if (this.#isProgram()) {
          if (end > 0) yield data.subarray(0, end);
        } else this.#chatter.add(data.subarray(0, end));
        if (lineBreak === -1) {
          held = data.subarray(end);
          break;
        }
        this.#take(data.toString('utf8', at + this.#prefix.length, lineBreak));
        data = data.subarray(lineBreak + 1);
      }
    }
    if (held.length === 0) return;
    if (this.#isProgram()) yield held;
    else this.#chatter.add(held);
  }

  #isProgram(): boolean {
    return this.#begun.has(this.#hops - 1) && !this.#ended.has(this.#hops - 1);
  }

  #take(text: string): void {
    const marker = parseMarker(text);
    if (marker === null) return;
    if (marker.word === 'begin') this.#begun.add(marker.hop);
    else this.#ended.set(marker.hop, marker.word);
  }

  /** Returns the number of bytes at the end that may begin a marker; the next chunk would have the rest of it. */
  #beginningAtEnd(data: Buffer): number {
    let length = Math.min(this.#prefix.length - 1, data.length);
    while (length > 0 && !data.subarray(-length).equals(this.#prefix.subarray(0, length))) length -= 1;
    return length;
  }
}

/** Returns the part of standard error from a host's `begin` to the next marker; from the start if `hop` is -1. */
export function stderrAfter(stderr: string, nonce: string, hop: number): string {
  const prefix = markerPrefix(nonce);
  const begin = `${prefix}${hop}:begin\n`;
  // Only the last bytes of standard error are kept. If the marker is missing, all kept bytes follow it.
  const at = stderr.lastIndexOf(begin);
  const rest = at === -1 ? stderr : stderr.slice(at + begin.length);
  const end = rest.indexOf(prefix);
  return end === -1 ? rest : rest.slice(0, end);
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

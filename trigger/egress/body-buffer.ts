/** Blocks are allocated as they fill, so that an answer costs its own size whatever it announces. */
const BLOCK_BYTES = 64 * 1024;

/**
 * Collects a body by copying it into blocks. Keeping the chunks themselves would cost an object and a slice for each:
 * five million chunks of one byte, within a cap of 5 MiB, took over a gigabyte.
 */
export class BodyBuffer {
  readonly #full: Buffer[] = [];
  #block: Buffer = Buffer.alloc(0);
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    this.#length += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      if (this.#used === this.#block.length) this.#nextBlock();
      const part = chunk.subarray(at, at + this.#block.length - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
    }
  }

  /** What was added, in one piece. The buffer is empty afterwards, so that nothing is held twice for long. */
  take(): Uint8Array {
    const whole = Buffer.concat([...this.#full, this.#block.subarray(0, this.#used)], this.#length);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#full.length = 0;
    this.#block = Buffer.alloc(0);
    this.#used = 0;
    this.#length = 0;
  }

  #nextBlock(): void {
    if (this.#block.length > 0) this.#full.push(this.#block);
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#used = 0;
  }
}

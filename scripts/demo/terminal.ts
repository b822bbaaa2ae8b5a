import { stdout } from 'node:process';

const colourful = stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: number) => (text: string) => (colourful ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;

/** Shows that something is going on: a turning sign on a terminal, nothing elsewhere. */
export class Spinner {
  #timer: ReturnType<typeof setInterval> | undefined;
  #text = '';
  #frame = 0;

  show(text: string): void {
    this.#text = text;
    if (!stdout.isTTY || this.#timer) return;
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  /** Prints a line for good, above the turning sign. */
  line(text: string): void {
    if (this.#timer) stdout.write('\r\u001b[K');
    console.log(text);
    if (this.#timer) this.#draw();
  }

  stop(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    stdout.write('\r\u001b[K');
  }

  #draw(): void {
    this.#frame = (this.#frame + 1) % FRAMES.length;
    stdout.write(`\r\u001b[K${FRAMES[this.#frame]} ${this.#text}`);
  }
}

export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

import { type Dispatcher, Pool } from 'undici';

/**
 * Connections by origin, for a bounded number of origins: a connector that calls a thousand hosts leaves neither a
 * thousand idle sockets nor a thousand pools behind.
 *
 * A connection may serve one workspace after another. That is safe, because nothing about a caller is tied to it:
 * credentials travel in the headers of each request, and schemes that authenticate a connection (NTLM, client
 * certificates) are not spoken.
 */
export class OriginPools {
  readonly #options: Pool.Options;
  readonly #maxOrigins: number;
  /** In order of use: the least recently used first. */
  readonly #pools = new Map<string, Pool>();
  #closed = false;

  constructor(options: Pool.Options, maxOrigins: number) {
    this.#options = options;
    this.#maxOrigins = maxOrigins;
  }

  /** Origins that have a pool at present. */
  get size(): number {
    return this.#pools.size;
  }

  dispatch(options: Dispatcher.DispatchOptions & { origin: string }, handler: Dispatcher.DispatchHandler) {
    const pool = this.#pools.get(options.origin) ?? this.#open(options.origin);
    this.#pools.delete(options.origin);
    this.#pools.set(options.origin, pool);
    return pool.dispatch(options, handler);
  }

  /** Ends calls in flight and idle connections. Later calls fail as destroyed. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #open(origin: string): Pool {
    this.#makeRoom();
    const pool = new Pool(origin, this.#options);
    // A redirect may want a new origin after the end: a destroyed pool reports it like every other.
    if (this.#closed) void pool.destroy();
    const dropIfUnused = () => {
      if (this.#pools.get(origin) !== pool || pool.stats.connected > 0 || pool.stats.size > 0) return;
      this.#drop(origin, pool);
    };
    pool.on('disconnect', dropIfUnused).on('connectionError', dropIfUnused);
    return pool;
  }

  /** Closes the idle pools that were used longest ago. Busy ones stay: the calls in flight bound those. */
  #makeRoom(): void {
    for (const [origin, pool] of this.#pools) {
      if (this.#pools.size < this.#maxOrigins) return;
      if (pool.stats.size === 0) this.#drop(origin, pool);
    }
  }

  #drop(origin: string, pool: Pool): void {
    this.#pools.delete(origin);
    // It is idle: closing means to close its sockets.
    pool.close().catch(() => {});
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Database } from './database.ts';

/** A presigned URL is for the request that follows; clocks are one, so an hour is ample. */
const URL_LIFETIME_MS = 60 * 60 * 1000;

const Row = z.object({ content_type: z.string(), data: z.instanceof(Uint8Array) });

export type PacketMethod = 'GET' | 'PUT';

/** Payloads and outputs of 128 KiB and more, which the SDK stores apart, by URLs that carry their own right. */
export class Packets {
  readonly #db: Database;
  readonly #clock: () => number;
  readonly #key: string;
  /** Known once the server listens. */
  baseUrl = '';

  constructor(db: Database, clock: () => number, secretKey: string) {
    this.#db = db;
    this.#clock = clock;
    this.#key = secretKey;
  }

  put(name: string, contentType: string, data: Uint8Array): void {
    this.#db.run(
      `insert or replace into packets (name, content_type, data, created_at) values (:name, :type, :data, :now)`,
      { name, type: contentType, data, now: this.#clock() },
    );
  }

  get(name: string): { contentType: string; data: Uint8Array<ArrayBuffer> } | undefined {
    const row = this.#db.get('select content_type, data from packets where name = :name', { name });
    if (row === undefined) return undefined;
    const { content_type, data } = Row.parse(row);
    return { contentType: content_type, data: new Uint8Array(data) };
  }

  /** A URL that lets its bearer do one thing with one packet for a while. */
  presign(method: PacketMethod, name: string): string {
    const expires = this.#clock() + URL_LIFETIME_MS;
    const query = new URLSearchParams({
      expires: String(expires),
      signature: this.#sign(method, name, expires),
    });
    return `${this.baseUrl}/packets/${encodeURIComponent(name)}?${query}`;
  }

  /** Whether a URL's parts are those of `presign`, and it has not expired. */
  verify(method: PacketMethod, name: string, expires: string, signature: string): boolean {
    const given = Buffer.from(signature, 'hex');
    const expected = Buffer.from(this.#sign(method, name, Number(expires)), 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    return Number(expires) > this.#clock();
  }

  #sign(method: PacketMethod, name: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${method}\n${name}\n${expires}`).digest('hex');
  }
}

import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { jsonBody } from './json-body.ts';
import { problemOf, problemResponse } from './problem-response.ts';

const app = new Hono()
  .post('/', jsonBody(z.strictObject({ name: z.string().default('nobody') })), (c) =>
    c.json(c.req.valid('json')),
  )
  .onError((error, c) => problemResponse(c, problemOf(error)));

const post = (body: string, type: string) =>
  app.request('/', { method: 'POST', body, headers: { 'content-type': type } });

describe('a JSON body', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json ; charset = utf-8 ',
  ])('may be announced as %s', async (type) => {
    expect((await post('{"name":"Ada"}', type)).status).toBe(200);
  });

  it.each([
    'text/json',
    'application/problem+json',
    'application/json; charset=latin1',
    'application/json, text/plain',
    'multipart/form-data; boundary=x',
  ])('may not be announced as %s', async (type) => {
    expect((await post('{"name":"Ada"}', type)).status).toBe(415);
  });

  it('may start with a byte order mark', async () => {
    expect((await post('\ufeff{"name":"Ada"}', 'application/json')).status).toBe(200);
  });

  it('reaches the handler with the defaults of its schema', async () => {
    expect(await (await post('{}', 'application/json')).json()).toEqual({ name: 'nobody' });
  });

  it('is not quoted when it cannot be parsed', async () => {
    const response = await post('{"name":canary', 'application/json');
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('canary');
  });
});

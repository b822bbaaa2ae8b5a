import { beforeAll, describe, expect, it } from 'vitest';
import { call, dataIn, newWorkspace, signUp, type User } from '../test/api.ts';

const definition = { steps: [{ name: 'lookup', request: { url: 'https://api.example.com/v1' } }] };

describe('a member', () => {
  let user: User;
  let workspace: string;
  beforeAll(async () => {
    user = await signUp('member');
    workspace = await newWorkspace(user);
  });

  it('sees who they are', async () => {
    const answer = await call('GET /api/v1/me', { token: user.token });
    expect(dataIn(answer)).toMatchObject({ id: user.id, email: user.email, is_saas_admin: false });
  });

  it('creates a connector', async () => {
    const answer = await call('POST /api/v1/connectors', {
      token: user.token,
      workspace,
      json: { name: 'Enrich', ...definition },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  });
});

import { describe, expect, test } from 'vitest';
import { checkFunctions, checkTables, readTables } from './catalog.ts';
import { refusal, useDatabase } from './harness.ts';
import { ROWS } from './rows.ts';

const db = useDatabase();

describe('every table of the catalog', () => {
  test('is declared, closed by default, forced, commented, and has one sentence of policy a command', async () => {
    expect(await checkTables(db)).toEqual([]);
  });

  test('has a sample row, so that the matrix can act upon it', async () => {
    expect(Object.keys(ROWS).sort()).toEqual((await readTables(db)).map(({ name }) => name));
  });
});

describe('every function of the catalog', () => {
  test('is declared, has one kind of caller, fixes its search path, and keeps to its caller’s rights', async () => {
    expect(await checkFunctions(db)).toEqual([]);
  });

  test('anon cannot reach the private schema', async () => {
    expect(await refusal(db.as('anon', 'select private.role_rank($1)', ['owner']))).toMatchObject({
      code: '42501',
    });
  });
});

describe('the checks can fail', () => {
  test.each([
    [
      'a new table without policies',
      'create table public.leaks (id int)',
      [
        'leaks: row level security is not enabled',
        'leaks: row level security is not forced',
        'leaks: has no comment',
        'leaks: is not declared in policies.ts',
      ],
    ],
    [
      'a declared table that lost its protection',
      'alter table public.contacts no force row level security; alter table public.contacts disable row level security',
      ['contacts: row level security is not enabled', 'contacts: row level security is not forced'],
    ],
    [
      'a grant to anon',
      'grant select on public.contacts to anon',
      ['contacts: SELECT is granted to anon or public'],
    ],
    [
      'a grant of one column to everybody',
      'grant update (fields) on public.contacts to public',
      ['contacts: UPDATE is granted to anon or public'],
    ],
    [
      'a policy for everybody and every command, without a sentence',
      'create policy "open" on public.contacts using (true)',
      [
        'contacts: policy "open" is for public, not authenticated',
        'contacts: policy "open" is for all commands at once',
        `contacts: policy "open" is not a sentence after the table's name`,
      ],
    ],
    [
      'a second policy for one command',
      'create policy "contacts: guests read" on public.contacts for select to authenticated using (true)',
      ['contacts: 2 policies for select, declared: viewer'],
    ],
    [
      'readable ciphertext',
      'grant select on public.workspace_api_credentials to authenticated',
      ['workspace_api_credentials: hidden columns are , declared: ciphertext'],
    ],
    [
      'writable counters',
      'grant update (success_count) on public.connectors to authenticated',
      ['connectors: updatable: name,description,current_version,success_count,template_version,deleted_at'],
    ],
    [
      'a table that went away',
      'drop table public.template_ratings',
      ['template_ratings: is declared, but does not exist'],
    ],
  ])('%s is reported', async (_, sql, findings) => {
    await db.script(sql);
    expect((await checkTables(db)).toSorted()).toEqual(findings.toSorted());
  });

  test.each([
    [
      'an undeclared function with its owner’s rights, open to everybody',
      `create function public.leak() returns int language sql security definer as 'select 1'; grant execute on function public.leak to public`,
      [
        'public.leak: does not set search_path to nothing',
        'public.leak: anon may execute it',
        "public.leak: runs with its owner's rights outside private",
        'public.leak: is not declared in policies.ts',
      ],
    ],
    [
      'a call of the engine that users may execute',
      'grant execute on function public.claim_execution to authenticated',
      ['public.claim_execution: authenticated, service_role may execute it, declared: service_role'],
    ],
    [
      'a private helper that anon may execute',
      'grant execute on function private.write_credential to anon',
      ['private.write_credential: anon may execute it'],
    ],
  ])('%s is reported', async (_, sql, findings) => {
    await db.script(sql);
    expect(await checkFunctions(db)).toEqual(findings);
  });
});

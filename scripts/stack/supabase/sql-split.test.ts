import { describe, expect, it } from 'vitest';
import { splitStatements, transactionControl } from './sql-split.ts';

describe('splitting SQL into statements', () => {
  it.each<[string, string, string[]]>([
    ['nothing', ' \n-- only a comment; here\n/* and; /* nested; */ here; */ ;;', []],
    ['strings', `select 'a;''b'; select "c;""d"`, [`select 'a;''b'`, 'select "c;""d"']],
    ['escape strings', `select E'it\\'s;'; select 1`, [`select E'it\\'s;'`, 'select 1']],
    ['a backslash in a plain string', `select 'a\\'; select 1`, [`select 'a\\'`, 'select 1']],
    [
      'dollar quotes',
      'do $$ begin a; end $$; select $x$;$$;$x$',
      ['do $$ begin a; end $$', 'select $x$;$$;$x$'],
    ],
    ['parameters', 'prepare p as select $1; select $2', ['prepare p as select $1', 'select $2']],
    [
      'function bodies in SQL',
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      [
        'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'select 3',
      ],
    ],
    [
      'comments between',
      'select 1 -- one;\n; /* two; */ select 2',
      ['select 1 -- one;', '/* two; */ select 2'],
    ],
  ])('respects %s', (_name, sql, statements) => {
    expect(splitStatements(sql)).toEqual(statements);
  });

  it.each([
    ['begin', true],
    ['START TRANSACTION', true],
    ['-- note\nCOMMIT', true],
    ['rollback', true],
    ['end', true],
    ['rollback to savepoint a', false],
    ['savepoint a', false],
    ['create table beginnings (id int)', false],
    ['select 1', false],
  ])('finds that %j is transaction control: %s', (statement, expected) => {
    expect(transactionControl([statement]) !== undefined).toBe(expected);
  });
});

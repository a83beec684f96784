import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { Files, ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';
import { START } from './start.ts';
import type { Project } from './project.ts';

const ALL = { states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'], metadata: true } as const;

function things(
  options: Readonly<Record<string, unknown>> = {},
  mapping: object = { id: 'things.id', text: 'things.text' },
  more: Partial<ProjectLiteral> = {},
): Files {
  return filesOf({
    projections: { things: { id: 'string!', text: 'string', other: 'string' } },
    views: { sv: { SV_CONFIG: { dependencies: { things: { type: 'projection', on: '_identifier' } }, mapping } } },
    viewOptions: { sv: options },
    ...more,
  });
}

const ofView = (project: Project): number => project.announced.filter(({ collection }) => collection === 'sv').length;

describe('the document of a single view', () => {
  test('has an id made of its key, a state, times, and the record that caused it', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 't', text: 'x' }));
    const [document] = await project.documents('sv', ALL);
    expect(document).toEqual({
      _id: 't',
      id: 't',
      text: 'x',
      __STATE__: 'PUBLIC',
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      __internal__kafkaInfo: { topic: 'shop.things.ingestion', partition: 0, offset: 0, timestamp: new Date(START + 1) },
    });
  });

  test('keeps the time of its creation, and is updated when it changes', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 't', text: 'x' }));
    const created = (await project.document('sv', 't', ALL))?.['createdAt'];
    project.clock.advance(60_000);
    await project.process(put('things', { id: 't', text: 'y' }));
    const document = await project.document('sv', 't', ALL);
    expect(document?.['createdAt']).toEqual(created);
    expect(Number(document?.['updatedAt'])).toBeGreaterThanOrEqual(Number(created) + 60_000);
  });

  test('that is unchanged is neither written nor announced', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 't', text: 'x' }));
    const before = await project.documents('sv', ALL);
    expect(ofView(project)).toBe(1);
    await project.process(
      put('things', { id: 't', text: 'x' }),
      put('things', { id: 't', text: 'y' }),
      put('things', { id: 't', text: 'x' }),
    );
    await project.process(put('things', { id: 't', text: 'x', other: 'z' }));
    expect(ofView(project)).toBe(1);
    expect(await project.documents('sv', ALL)).toEqual(before);
  });

  test('goes with its base, without an error, and returns with it', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 't', text: 'x' }));
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
    await project.process(put('things', { id: 't', text: 'y' }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: 'y' }]);
    expect(await project.errors({ all: true })).toEqual([]);
  });
});

describe('the key of a single view', () => {
  const mapping = { a: 'things.id', text: 'things.text' };
  const id = async (files: Files): Promise<unknown> => {
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', text: 'x' }));
    const [document] = await project.documents('sv', ALL);
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
    return document?.['_id'];
  };

  test('is derived: the fields that copy the identifier from the base', async () => {
    expect(await id(things({}, mapping))).toBe('t');
  });

  test('is the identifier, where the mapping does not copy it', async () => {
    expect(await id(things({}, { text: 'things.text' }))).toBe('t');
  });

  test('may be declared, field of the view by key of the identifier', async () => {
    const key = { version: '1.0.0', config: { a: 'id' } };
    const files = things({}, mapping, { files: { 'views/sv/singleViewKey.json': key } });
    expect(await problemsOf(files)).toEqual([]);
    expect(await id(files)).toBe('t');
  });

  test('that names a key which identifiers do not have is refused', async () => {
    const key = { version: '1.0.0', config: { a: 'idd' } };
    expect(await problemsOf(things({}, mapping, { files: { 'views/sv/singleViewKey.json': key } }))).toContainEqual(
      expect.stringMatching(/error UNKNOWN_(?:IDENTIFIER_KEY|FIELD) .*idd/),
    );
  });

  test('is the same whatever the order of its fields, percent-encoded', async () => {
    await using project = await openProject(
      filesOf({
        projections: { things: { b: 'string!', a: 'string!', text: 'string' } },
        views: {
          sv: {
            SV_CONFIG: {
              dependencies: { things: { type: 'projection', on: '_identifier' } },
              mapping: { y: 'things.b', x: 'things.a', t: 'things.text' },
            },
          },
        },
      }),
    );
    await project.process(put('things', { b: 'x&=', a: '1' }, ['b', 'a']), put('things', { a: '1', b: 'x&=', text: 'u' }, ['a', 'b']));
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 'x=1&y=x%26%3D', x: '1', y: 'x&=', t: 'u' }]);
  });
});

describe('the upsert strategy', () => {
  const changed = {
    'views/sv/aggregation.json': {
      version: '1.0.0',
      config: {
        SV_CONFIG: {
          dependencies: { things: { type: 'projection', on: '_identifier' } },
          mapping: { id: 'things.id', other: 'things.other' },
        },
      },
    },
  };
  const after = async (upsertStrategy?: string): Promise<unknown> => {
    await using project = await openProject(things(upsertStrategy === undefined ? {} : { upsertStrategy }));
    await project.process(put('things', { id: 't', text: 'x', other: 'z' }));
    await project.restart(changed);
    await project.idle();
    return project.document('sv', 't');
  };

  test('replaces the whole document by default', async () => {
    expect(await after()).toEqual({ id: 't', other: 'z' });
    expect(await after('replace')).toEqual({ id: 't', other: 'z' });
  });

  test('update sets what was computed, and keeps the other fields', async () => {
    expect(await after('update')).toEqual({ id: 't', text: 'x', other: 'z' });
  });
});

describe('the delete strategy', () => {
  test('removes the document by default', async () => {
    await using project = await openProject(things({ deleteStrategy: 'delete' }));
    await project.process(put('things', { id: 't', text: 'x' }));
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
  });

  test('virtualDelete keeps it in state DELETED, until its base returns', async () => {
    await using project = await openProject(things({ deleteStrategy: 'virtualDelete' }));
    await project.process(put('things', { id: 't', text: 'x' }));
    await project.process(remove('things', 't'));
    expect(await project.documents('sv')).toEqual([]);
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 't', id: 't', text: 'x', __STATE__: 'DELETED' }]);
    const announced = ofView(project);
    await project.process(remove('things', 't'));
    expect(ofView(project)).toBe(announced);
    await project.process(put('things', { id: 't', text: 'x' }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ id: 't', __STATE__: 'PUBLIC' }]);
  });

  test('virtualDelete makes no document of one that never was', async () => {
    await using project = await openProject(things({ deleteStrategy: 'virtualDelete' }));
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
  });
});

describe('a definition that changed', () => {
  test('is said, and the view is rebuilt; what has no base any more goes', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 'a', text: 'x' }), put('things', { id: 'b', text: 'y' }));
    await project.restart(things({}, { id: 'things.id', shown: 'things.text' }));
    expect(project.engine.notices).toEqual([expect.stringContaining('Single view sv is changed')]);
    await project.idle();
    expect(await project.documents('sv')).toEqual([
      { id: 'a', shown: 'x' },
      { id: 'b', shown: 'y' },
    ]);
  });

  test('and one that did not is not rebuilt', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 'a', text: 'x' }));
    await project.restart();
    expect(project.engine.notices).toEqual([]);
    await project.idle();
    expect(project.engine.stats().viewsBuilt).toBe(0);
  });

  test('a new view is built from what is stored; the collection of a removed one is kept', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 'a', text: 'x' }));
    const block = { SV_CONFIG: { dependencies: { things: { type: 'projection', on: '_identifier' } }, mapping: { id: 'things.id' } } };
    await project.restart(
      filesOf({ projections: { things: { id: 'string!', text: 'string', other: 'string' } }, views: { sv_new: block } }),
    );
    expect(project.engine.notices).toEqual([
      expect.stringContaining('Single view sv_new is new'),
      expect.stringContaining('Single view sv is no longer defined: its collection is kept'),
    ]);
    await project.idle();
    expect(await project.documents('sv_new')).toEqual([{ id: 'a' }]);
    expect(await project.documents('sv')).toEqual([{ id: 'a', text: 'x' }]);
  });

  test('a new field of a projection says how it is refilled', async () => {
    await using project = await openProject(things());
    await project.process(put('things', { id: 'a', text: 'x' }));
    await project.restart({
      'projections/things.json': {
        fields: { id: { type: 'string', primaryKey: true }, text: { type: 'string' }, other: { type: 'string' }, more: { type: 'string' } },
      },
    });
    expect(project.engine.notices).toEqual([expect.stringMatching(/Projection things is changed: .*replay.*load/)]);
  });

  test('of a relation rebuilds the views over it', async () => {
    const files = (condition: Readonly<Record<string, unknown>>): Files =>
      filesOf({
        projections: { things: { id: 'string!', a: 'string', b: 'string' } },
        relations: [['things', 'things', 'thing_to_thing', condition]],
        views: {
          sv: {
            SV_CONFIG: {
              dependencies: {
                things: { type: 'projection', on: '_identifier' },
                OTHER: { type: 'projection', aliasOf: 'things', on: 'thing_to_thing' },
              },
              mapping: { id: 'things.id', other: 'OTHER.id' },
            },
          },
        },
      });
    await using project = await openProject(files({ id: 'a' }));
    await project.process(put('things', { id: 'x', a: 'y', b: 'z' }), put('things', { id: 'y' }), put('things', { id: 'z' }));
    expect((await project.document('sv', 'x'))?.['other']).toBe('y');
    await project.restart(files({ id: 'b' }));
    expect(project.engine.notices).toEqual([expect.stringContaining('Relation thing_to_thing is changed: single view sv is rebuilt')]);
    await project.idle();
    expect((await project.document('sv', 'x'))?.['other']).toBe('z');
  });
});

import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { Files, ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import { openProject, problemsOf } from './project.ts';

const ALL = { states: ['PUBLIC', 'DRAFT', 'TRASH', 'DELETED'], metadata: true } as const;
const BASE = { type: 'projection', on: '_identifier' };
const MAPPING = { id: 'things.id', text: 'things.text', n: 'things.n' };

/** A view of things, each of which may name a next one, with functions beside its aggregation. */
function things(files: Files, options: Readonly<Record<string, unknown>> = {}, mapping: object = MAPPING): Files {
  const literal: ProjectLiteral = {
    projections: { things: { id: 'string!', text: 'string', n: 'number', next: 'string' } },
    relations: [['things', 'things', 'thing_to_next', { id: 'next' }]],
    views: {
      sv: {
        SV_CONFIG: {
          dependencies: { things: BASE, NEXT: { type: 'projection', aliasOf: 'things', on: 'thing_to_next' }, ALL: { type: 'config' } },
          mapping,
        },
        ALL: {
          joinDependency: 'one',
          dependencies: { one: { type: 'projection', aliasOf: 'things', on: 'thing_to_next', useAlias: 'things' } },
          mapping: { id: 'one.id' },
        },
      },
    },
    viewOptions: { sv: { retry: { attempts: 2, delayMs: 10 }, ...options } },
  };
  const folder = Object.fromEntries(Object.entries(files).map(([name, text]) => [`views/sv/${name}`, text]));
  return filesOf({ ...literal, files: folder });
}

/** Built by pipeline.js and mapper.js, from declared paths. */
const manual = (files: Files, options: Readonly<Record<string, unknown>> = {}): Files =>
  filesOf({
    projections: { things: { id: 'string!', text: 'string', n: 'number' } },
    viewOptions: { sv: options },
    files: Object.fromEntries(
      Object.entries({
        'projectionChangesSchema.json': { version: '1.0.0', config: { sv: { paths: [{ path: ['things'], identifier: { id: 'id' } }] } } },
        'pipeline.js': `module.exports = (db) => async (logger, identifier) =>
          db.collection('things').find({ id: identifier.id, __STATE__: 'PUBLIC', n: { $gt: 0 } }).toArray()`,
        'mapper.js': `module.exports = (logger, element) => ({ id: element.id, upper: element.text.toUpperCase() })`,
        ...files,
      }).map(([name, content]) => [`views/sv/${name}`, content]),
    ),
  });

describe('validator.js', () => {
  const VALIDATOR = `module.exports = (logger, singleView) => singleView.n > 0`;

  test('that says yes lets the document be', async () => {
    const files = things({ 'validator.js': VALIDATOR });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', n: 1 }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: null, n: 1 }]);
    expect(await project.errors({ all: true })).toEqual([]);
  });

  test('that says no removes the stored document, and leaves an error, which a good build resolves', async () => {
    await using project = await openProject(things({ 'validator.js': VALIDATOR }));
    await project.process(put('things', { id: 't', n: 1 }));
    await project.process(put('things', { id: 't', n: -1 }));
    expect(await project.documents('sv', ALL)).toEqual([]);
    expect(await project.errors()).toMatchObject([
      { kind: 'single-view', code: 'VALIDATION_ERROR', view: 'sv', resolvedAt: null, attempts: 1 },
    ]);
    await project.process(put('things', { id: 't', n: 2 }));
    expect(await project.documents('sv')).toHaveLength(1);
    expect(await project.errors()).toEqual([]);
    expect(await project.errors({ all: true })).toMatchObject([{ code: 'VALIDATION_ERROR', resolvedAt: expect.any(Number) }]);
  });

  test('that says no goes through the delete strategy, whichever it is', async () => {
    await using project = await openProject(things({ 'validator.js': VALIDATOR }, { deleteStrategy: 'virtualDelete' }));
    await project.process(put('things', { id: 't', n: 1 }));
    await project.process(put('things', { id: 't', n: -1 }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ n: 1, __STATE__: 'DELETED' }]);
  });

  test('that says no leaves the stored document, where onInvalid is keep; the error is there all the same', async () => {
    await using project = await openProject(things({ 'validator.js': VALIDATOR }, { onInvalid: 'keep' }));
    await project.process(put('things', { id: 't', n: 1 }));
    await project.process(put('things', { id: 't', n: -1 }), put('things', { id: 'u', n: -1 }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: null, n: 1 }]);
    expect((await project.errors()).map(({ code }) => code)).toEqual(['VALIDATION_ERROR', 'VALIDATION_ERROR']);
    // Its base goes: that is no question of validity.
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
  });

  test('sees the state that the mapping asks for', async () => {
    const validator = `module.exports = (logger, singleView) => singleView.__STATE__ === 'DRAFT'`;
    await using project = await openProject(things({ 'validator.js': validator }, {}, { id: 'things.id', __STATE__: '__string__[DRAFT]' }));
    await project.process(put('things', { id: 't' }));
    expect(await project.errors()).toEqual([]);
    expect(await project.documents('sv', ALL)).toMatchObject([{ id: 't', __STATE__: 'DRAFT' }]);
  });
});

describe('upsert and delete functions', () => {
  const UPSERT = `module.exports = async (logger, collection, singleView, key) => {
    const before = await collection.findOne(key);
    const count = (before?.count ?? 0) + 1;
    const { value } = await collection.findOneAndReplace(key, { ...singleView, count }, { upsert: true, returnDocument: 'after', includeResultMetadata: true });
    return { old: before, new: value };
  }`;
  const DELETE = `module.exports = async (logger, collection, key) => {
    const old = await collection.findOne(key);
    await collection.updateOne(key, { $set: { gone: true, __STATE__: 'TRASH' } });
    return { old, new: null };
  }`;

  test.each([
    ['of the folder', { 'upsert.js': UPSERT, 'delete.js': DELETE }, {}],
    ['named', { 'write.js': UPSERT, 'erase.js': DELETE }, { upsertStrategy: './write.js', deleteStrategy: './erase.js' }],
  ])('%s write the collection as they like', async (_name, functions, options) => {
    const files = things(functions, options);
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', n: 1 }));
    await project.process(put('things', { id: 't', n: 2 }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: null, n: 2, count: 2 }]);
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toMatchObject([{ id: 't', count: 2, gone: true, __STATE__: 'TRASH' }]);
    expect(await project.errors()).toEqual([]);
    const changes = project.announced.filter(({ collection }) => collection === 'sv').map(({ after }) => after?.state);
    expect(changes).toEqual(['PUBLIC', 'PUBLIC', 'TRASH']);
  });

  test('that throw are tried again, then leave an error; the next change gets through', async () => {
    const upsert = `module.exports = async (logger, collection, singleView, key) => {
      if (singleView.n < 0) throw new Error('negative');
      await collection.insertOne(singleView);
      return { old: null, new: singleView };
    }`;
    await using project = await openProject(things({ 'upsert.js': upsert }));
    await project.process(put('things', { id: 't', n: -1 }), put('things', { id: 'u', n: 1 }));
    expect(await project.errors()).toMatchObject([{ code: 'UNKNOWN_ERROR', attempts: 2, reason: expect.stringContaining('negative') }]);
    expect(await project.documents('sv')).toEqual([{ id: 'u', text: null, n: 1 }]);
    await project.process(put('things', { id: 't', n: 1 }));
    expect(await project.errors()).toEqual([]);
    expect(await project.documents('sv')).toHaveLength(2);
  });
});

describe('singleViewKey.js', () => {
  test('gives the query of the document, whose fields are its id', async () => {
    const files = things({ 'singleViewKey.js': `module.exports = (logger, identifier) => ({ code: 'T-' + identifier.id })` });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', n: 1 }));
    await project.process(put('things', { id: 't', n: 2 }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 'T-t', id: 't', n: 2 }]);
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toEqual([]);
  });

  test('that is no plain equality leaves the id to the identifier, and the query to the functions that write', async () => {
    const files = things({
      'singleViewKey.js': `module.exports = (logger, identifier) => ({ id: { $in: [identifier.id] } })`,
      'delete.js': `module.exports = async (logger, collection, key) => {
        const old = await collection.findOne(key);
        await collection.deleteMany(key);
        return { old, new: null };
      }`,
    });
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', n: 1 }), put('things', { id: 'u', n: 1 }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 't' }, { _id: 'u' }]);
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 'u' }]);
  });

  test('beside singleViewKey.json is one too many', async () => {
    const files = things({
      'singleViewKey.js': `module.exports = () => ({})`,
      'singleViewKey.json': { version: '1.0.0', config: { id: 'id' } },
    });
    expect(await problemsOf(files)).toContainEqual(expect.stringContaining('error CONFIG_CLASH'));
  });
});

describe('pipeline.js and mapper.js', () => {
  test('make the document: of what the pipeline gives the first counts', async () => {
    expect(await problemsOf(manual({}))).toEqual([]);
    await using project = await openProject(manual({}));
    await project.process(put('things', { id: 't', text: 'x', n: 1 }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ _id: 't', id: 't', upper: 'X' }]);
    const several = manual({
      'pipeline.js': `module.exports = () => async (logger, { id }) => [{ id, text: 'first' }, { id, text: 'second' }]`,
    });
    await using other = await openProject(several);
    await other.process(put('things', { id: 't', n: 1 }));
    expect(await other.documents('sv')).toEqual([{ id: 't', upper: 'FIRST' }]);
  });

  test('that give nothing remove the document: without an error when its base is gone, with NO_SV_GENERATED when it is there', async () => {
    await using project = await openProject(manual({}));
    await project.process(put('things', { id: 't', text: 'x', n: 1 }), put('things', { id: 'u', text: 'y', n: 1 }));
    await project.process(remove('things', 't'));
    expect(await project.documents('sv', ALL)).toMatchObject([{ id: 'u' }]);
    expect(await project.errors({ all: true })).toEqual([]);
    await project.process(put('things', { id: 'u', text: 'y', n: 0 }));
    expect(await project.documents('sv', ALL)).toEqual([]);
    expect(await project.errors()).toMatchObject([{ kind: 'single-view', code: 'NO_SV_GENERATED', attempts: 1 }]);
    await project.process(put('things', { id: 'u', text: 'y', n: 2 }));
    expect(await project.errors()).toEqual([]);
    expect(await project.documents('sv')).toEqual([{ id: 'u', upper: 'Y' }]);
  });

  test('may ask for a state', async () => {
    const mapper = `module.exports = (logger, element) => ({ id: element.id, __STATE__: 'DRAFT' })`;
    await using project = await openProject(manual({ 'mapper.js': mapper }));
    await project.process(put('things', { id: 't', n: 1 }));
    expect(await project.documents('sv', ALL)).toMatchObject([{ id: 't', __STATE__: 'DRAFT' }]);
  });

  test('need strategies that are declared', async () => {
    const { 'views/sv/projectionChangesSchema.json': _, ...files } = manual({});
    expect(await problemsOf(files)).toEqual([expect.stringContaining('error NO_STRATEGY')]);
  });
});

describe('functions in an aggregation', () => {
  test('of a mapping see what was found: documents, lists of config blocks, and nothing for what is missing', async () => {
    const files = things(
      {
        'describe.js': `module.exports = async (logger, db, dependencies) => {
          const next = dependencies.get('NEXT');
          return { own: dependencies.get('things').text, state: dependencies.get('things').__STATE__, next: next ? next.text : 'none',
                   all: dependencies.get('ALL').map(({ id }) => id), unknown: dependencies.get('UNKNOWN') === undefined,
                   count: await db.collection('things').countDocuments({}) };
        }`,
      },
      {},
      { id: 'things.id', nested: { description: '__fromFile__[describe]' } },
    );
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 'a', text: 'A', next: 'b' }), put('things', { id: 'b', text: 'B' }));
    const common = { state: 'PUBLIC', unknown: true, count: 2 };
    expect(await project.documents('sv')).toEqual([
      { id: 'a', nested: { description: { own: 'A', next: 'B', all: ['b'], ...common } } },
      { id: 'b', nested: { description: { own: 'B', next: 'none', all: [], ...common } } },
    ]);
    // All fields of what a function is shown matter, though nothing names them.
    await project.process(put('things', { id: 'b', text: 'C' }));
    expect(await project.document('sv', 'a')).toMatchObject({ nested: { description: { next: 'C' } } });
  });

  test('may be named with their ending, and give nothing, which is null', async () => {
    const files = things({ 'nothing.js': `module.exports = () => undefined` }, {}, { id: 'things.id', value: '__fromFile__[nothing.js]' });
    await using project = await openProject(files);
    await project.process(put('things', { id: 't' }));
    expect(await project.documents('sv')).toEqual([{ id: 't', value: null }]);
  });

  test('of a block are called for each of its elements', async () => {
    const files = filesOf({
      projections: { things: { id: 'string!' }, parts: { id: 'string!', thing: 'string', n: 'number' } },
      relations: [['things', 'parts', 'thing_to_parts', { thing: 'id' }]],
      views: {
        sv: {
          SV_CONFIG: { dependencies: { things: BASE, PARTS: { type: 'config' } }, mapping: { id: 'things.id', parts: 'PARTS' } },
          PARTS: {
            joinDependency: 'parts',
            dependencies: { parts: { type: 'projection', on: 'thing_to_parts' } },
            mapping: { double: '__fromFile__[double]' },
          },
        },
      },
      files: { 'views/sv/double.js': `module.exports = (logger, db, map) => map.get('things').id + 2 * map.get('parts').n` },
    });
    await using project = await openProject(files);
    await project.process(put('things', { id: 't' }), ...[1, 2].map((n) => put('parts', { id: `p${n}`, thing: 't', n })));
    expect(await project.documents('sv')).toEqual([{ id: 't', parts: [{ double: 't2' }, { double: 't4' }] }]);
  });

  test('stand as operands of when', async () => {
    const files = things(
      { 'limit.js': `module.exports = async (logger, db) => (await db.collection('things').findOne({ id: 'limit' })).n` },
      {},
      {
        id: 'things.id',
        much: {
          _select: {
            options: [{ when: { '>': ['things.n', '__fromFile__[limit]'] }, value: '__boolean__[true]' }],
            default: '__boolean__[false]',
          },
        },
      },
    );
    await using project = await openProject(files);
    await project.process(put('things', { id: 'limit', n: 5 }), put('things', { id: 'a', n: 6 }), put('things', { id: 'b', n: 5 }));
    expect((await project.documents('sv')).map(({ id, much }) => [id, much])).toEqual([
      ['a', true],
      ['b', false],
      ['limit', false],
    ]);
  });

  test('that throw leave the stored document, are tried again, and then are an error; nothing else waits', async () => {
    const files = things(
      {
        'strict.js': `module.exports = (logger, db, map) => { if (map.get('things').n < 0) throw new Error('negative'); return map.get('things').n }`,
      },
      {},
      { id: 'things.id', n: '__fromFile__[strict]' },
    );
    await using project = await openProject(files);
    await project.process(put('things', { id: 'a', n: 1 }));
    await project.process(put('things', { id: 'a', n: -1 }), put('things', { id: 'b', n: 2 }));
    expect(await project.documents('sv')).toEqual([
      { id: 'a', n: 1 },
      { id: 'b', n: 2 },
    ]);
    expect(await project.errors()).toMatchObject([{ code: 'UNKNOWN_ERROR', attempts: 2, reason: expect.stringContaining('negative') }]);
  });

  test('that never return are stopped when maxProcessingMs is over', async () => {
    const files = things(
      { 'endless.js': `module.exports = (logger, db, map) => { while (map.get('things').n < 0) {} return 1 }` },
      { maxProcessingMs: 150, retry: { attempts: 1 } },
      { id: 'things.id', n: '__fromFile__[endless]' },
    );
    await using project = await openProject(files);
    await project.process(put('things', { id: 'a', n: -1 }), put('things', { id: 'b', n: 2 }));
    expect(await project.documents('sv')).toEqual([{ id: 'b', n: 1 }]);
    expect(await project.errors()).toMatchObject([{ code: 'SINGLE_VIEW_AGGREGATION_MAX_TIME' }]);
  });
});

describe('dependsOn', () => {
  test('names collections that functions read by themselves: a change of one rebuilds the view', async () => {
    const files = filesOf({
      projections: { things: { id: 'string!' }, rates: { id: 'string!', rate: 'number' } },
      views: { sv: { SV_CONFIG: { dependencies: { things: BASE }, mapping: { id: 'things.id', rate: '__fromFile__[rate]' } } } },
      viewOptions: { sv: { dependsOn: ['rates'] } },
      files: { 'views/sv/rate.js': `module.exports = async (logger, db) => (await db.collection('rates').findOne({ id: 'x' }))?.rate` },
    });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    await project.process(put('things', { id: 'a' }), put('things', { id: 'b' }));
    await project.process(put('rates', { id: 'x', rate: 1 }));
    await project.process(put('rates', { id: 'x', rate: 2 }));
    expect(await project.documents('sv')).toEqual([
      { id: 'a', rate: 2 },
      { id: 'b', rate: 2 },
    ]);
  });

  test('that leaves out a collection which a function reads is warned of', async () => {
    const files = (text: string, options: Readonly<Record<string, unknown>>): Files =>
      filesOf({
        projections: { things: { id: 'string!' }, rates: { id: 'string!', rate: 'number' } },
        views: { sv: { SV_CONFIG: { dependencies: { things: BASE }, mapping: { id: 'things.id', rate: '__fromFile__[rate]' } } } },
        viewOptions: { sv: options },
        files: { 'views/sv/rate.js': text },
      });
    const reading = `module.exports = async (logger, db) => (await db.collection("rates").findOne({}))?.rate // not db.collection('none')`;
    const warning = expect.stringMatching(/^views\/sv\/aggregation\.json:\d+:\d+ warning UNTRACKED_READS \| .*rates.*dependsOn/);
    expect(await problemsOf(files(reading, {}))).toEqual([warning]);
    expect(await problemsOf(files(reading, { dependsOn: ['rates'] }))).toEqual([]);
    expect(await problemsOf(files(`module.exports = async (logger, db) => db.collection('things').countDocuments()`, {}))).toEqual([]);
    const hidden = `const name = 'rates'; module.exports = async (logger, db) => (await db.collection(name).findOne({}))?.rate`;
    expect(await problemsOf(files(hidden, {}))).toEqual([expect.stringMatching(/warning UNTRACKED_READS \| .*dependsOn/)]);
    expect(await problemsOf(files(hidden, { dependsOn: ['rates'] }))).toEqual([]);
  });

  test('that names no collection is refused', async () => {
    const files = filesOf({
      projections: { things: { id: 'string!' } },
      views: { sv: { SV_CONFIG: { dependencies: { things: BASE }, mapping: { id: 'things.id' } } } },
      viewOptions: { sv: { dependsOn: ['thing'] } },
    });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/error UNKNOWN_COLLECTION .*thing.*Did you mean things\?/)]);
  });
});

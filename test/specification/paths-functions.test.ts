import { describe, expect, test } from 'vitest';
import { filesOf } from './files.ts';
import type { Files, ProjectLiteral } from './files.ts';
import { put, remove } from './messages.ts';
import type { Message } from './messages.ts';
import { openProject, problemsOf } from './project.ts';
import type { Project } from './project.ts';

const BASE = { type: 'projection', on: '_identifier' };

/** Owners of pets, without a relation between them: only functions lead from a pet to its owner. */
function pets(files: Files, more: Partial<ProjectLiteral> = {}): Files {
  return filesOf({
    projections: { owners: { id: 'string!', name: 'string' }, pets: { id: 'string!', owner: 'string', kind: 'string' } },
    views: {
      sv: {
        SV_CONFIG: { dependencies: { owners: BASE }, mapping: { id: 'owners.id', name: 'owners.name', pets: '__fromFile__[pets]' } },
      },
    },
    ...more,
    files: {
      'views/sv/pets.js': `module.exports = async (logger, db, map) =>
        (await db.collection('pets').find({ owner: map.get('owners').id, __STATE__: 'PUBLIC' }).sort({ id: 1 }).toArray()).map(({ id }) => id).join(' ')`,
      ...Object.fromEntries(Object.entries(files).map(([name, content]) => [name.includes('/') ? name : `views/sv/${name}`, content])),
    },
  });
}

const OWNERS = [put('owners', { id: 'a', name: 'Anna' }), put('owners', { id: 'b', name: 'Boris' })];

async function shown(project: Project): Promise<unknown> {
  return Object.fromEntries((await project.documents('sv')).map(({ id, pets }) => [id, pets]));
}

/** What is shown while a pet comes, moves and goes. */
async function follow(project: Project): Promise<unknown[]> {
  const seen: unknown[] = [];
  const pet = (owner: string): Message => put('pets', { id: '1', owner });
  for (const messages of [[...OWNERS, pet('a')], [pet('b')], [remove('pets', '1')]]) {
    await project.process(...messages);
    seen.push(await shown(project));
  }
  return [...seen, ...(await project.errors({ all: true }))];
}
const FOLLOWED = [
  { a: '1', b: '' },
  { a: '', b: '1' },
  { a: '', b: '' },
];

describe('a strategy of one’s own', () => {
  const updates = (strategy: string): Files => ({
    'kafkaProjectionUpdates.json': {
      owners: { updatesTopic: 'any.owners.pr-update', strategy: '__automatic__' },
      pets: { updatesTopic: 'any.pets.pr-update', strategy },
    },
  });

  test('is given the update, with the image before and after, and yields identifiers', async () => {
    const files = pets({
      ...updates('__fromFile__[petOwners.js]'),
      'petOwners.js': `module.exports = async function* ({ logger, dbMongo }, { before, after }) {
        for (const pet of [before, after]) if (pet) yield { id: pet.owner };
      }`,
    });
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    expect(await follow(project)).toEqual(FOLLOWED);
  });

  test('of the older form is given each document alone, and gives a list', async () => {
    const files = pets(
      {
        ...updates('__fromFile__[petOwners]'),
        'strategies/petOwners.js': `module.exports = (logger, databaseName) => async (document, mongoClient) =>
          (await mongoClient.db(databaseName).collection('owners').find({ id: document.owner }).toArray()).map(({ id }) => ({ id }))`,
      },
      { system: { strategies: './strategies' } },
    );
    expect(await problemsOf(files)).toEqual([]);
    await using project = await openProject(files);
    expect(await follow(project)).toEqual(FOLLOWED);
  });

  test('may stand in one file for all views, beside the ER schema', async () => {
    const files = pets(
      {
        'strategies/updates.json': updates('__fromFile__[petOwners]')['kafkaProjectionUpdates.json'],
        'strategies/petOwners.mjs': `export default async function* (_, { before, after }) {
          for (const pet of [before, after]) if (pet) yield { id: pet.owner };
        }`,
      },
      { fastData: { kafkaProjectionUpdates: './strategies/updates.json' } },
    );
    await using project = await openProject(files);
    expect(await follow(project)).toEqual(FOLLOWED);
  });

  test('yields an identifier twice, in any order of its keys: one document is built', async () => {
    const files = pets({
      ...updates('__fromFile__[twice]'),
      'twice.js': `module.exports = async function* (_, { after }) { yield { id: after.owner, x: 1 }; yield { x: 1, id: after.owner }; }`,
    });
    await using project = await openProject(files);
    await project.process(...OWNERS);
    const built = project.engine.stats().viewsBuilt;
    await project.process(put('pets', { id: '1', owner: 'a' }));
    expect(project.engine.stats().viewsBuilt - built).toBe(1);
  });

  test('that gives an identifier without the keys of the base matches nothing', async () => {
    const files = pets({
      ...updates('__fromFile__[other]'),
      'other.js': `module.exports = async function* (_, { after }) { yield { unknown: after.owner }; }`,
    });
    await using project = await openProject(files);
    await project.process(...OWNERS);
    await project.process(put('pets', { id: '1', owner: 'a' }));
    expect(await shown(project)).toEqual({ a: '', b: '' });
    expect(await project.errors({ all: true })).toEqual([]);
  });

  test('that throws is tried again, and is then a dead letter that can be replayed; nothing waits for it', async () => {
    const files = pets({
      ...updates('__fromFile__[petOwners]'),
      'petOwners.js': `module.exports = async function* (_, { after }) {
        if (after.kind === 'dragon') throw new Error('no dragons');
        yield { id: after.owner };
      }`,
    });
    await using project = await openProject(files);
    await project.process(...OWNERS);
    await project.process(put('pets', { id: '1', owner: 'a', kind: 'dragon' }), put('pets', { id: '2', owner: 'b', kind: 'cat' }));
    expect(await shown(project)).toEqual({ a: '', b: '2' });
    expect(await project.errors()).toMatchObject([
      { kind: 'dead-letter', code: 'STRATEGY_FAILED', view: 'sv', projection: 'pets', attempts: 5 },
    ]);
  });

  test('for a collection that has none: its changes rebuild nothing, and a warning says so', async () => {
    const files = filesOf({
      projections: { owners: { id: 'string!', name: 'string' }, pets: { id: 'string!', owner: 'string' } },
      relations: [['owners', 'pets', 'owner_to_pets', { owner: 'id' }]],
      views: {
        sv: {
          SV_CONFIG: {
            dependencies: { owners: BASE, pets: { type: 'projection', on: 'owner_to_pets' } },
            mapping: { id: 'owners.id', pets: 'pets.id' },
          },
        },
      },
      files: { 'views/sv/kafkaProjectionUpdates.json': { owners: { strategy: '__automatic__' } } },
    });
    expect(await problemsOf(files)).toEqual([expect.stringMatching(/warning STRATEGY_MISSING .*pets/)]);
    await using project = await openProject(files);
    await project.process(...OWNERS);
    await project.process(put('pets', { id: '1', owner: 'a' }));
    expect(await shown(project)).toEqual({ a: null, b: null });
    await project.process(put('owners', { id: 'a', name: 'Anne' }), remove('owners', 'b'));
    await project.process(put('owners', { id: 'b', name: 'Bob' }));
    expect(await shown(project)).toEqual({ a: null, b: null });
  });

  test('that is automatic needs a path', async () => {
    expect(await problemsOf(pets(updates('__automatic__')))).toEqual([
      expect.stringMatching(/warning STRATEGY_WITHOUT_PATH .*pets/),
      expect.stringMatching(/warning UNTRACKED_READS .*pets/),
    ]);
  });

  test('without updatesTopic is as good', async () => {
    const files = pets({
      'kafkaProjectionUpdates.json': { owners: {}, pets: { strategy: '__fromFile__[none]' } },
      'none.js': 'module.exports = async function* () {}',
    });
    expect(await problemsOf(files)).toEqual([]);
  });
});

describe('a path that ends at a function', () => {
  const paths = (...list: readonly object[]): Files => ({
    'projectionChangesSchema.json': { version: '1.0.0', config: { sv: { paths: list } } },
  });
  const own = { path: ['owners'], identifier: { id: 'id' } };

  test.each([
    ['yields identifiers', `module.exports = async function* ({ logger, dbMongo }, pet) { yield { id: pet.owner }; }`],
    ['gives a list', `module.exports = async (logger, db, pet) => [{ id: pet.owner }]`],
  ])('%s for each document that the last hop reached', async (_name, text) => {
    const files = pets({ ...paths(own, { path: ['pets'], identifier: '__fromFile__[ownerOf]' }), 'ownerOf.js': text });
    await using project = await openProject(files);
    expect(await follow(project)).toEqual(FOLLOWED);
  });

  test('is walked to it over relations, and the function sees the documents as they are stored', async () => {
    const files = pets(
      {
        ...paths(own, { path: ['chips', 'pets'], identifier: '__fromFile__[ownerOf]' }),
        'ownerOf.js': `module.exports = async function* ({ logger }, pet) {
          if (pet.__STATE__ === undefined || pet._id === undefined) throw new Error('no metadata');
          yield { id: pet.owner };
        }`,
      },
      {
        projections: {
          owners: { id: 'string!', name: 'string' },
          pets: { id: 'string!', owner: 'string', kind: 'string' },
          chips: { id: 'string!', pet: 'string' },
        },
        relations: [['chips', 'pets', 'chip_to_pet', { id: 'pet' }]],
      },
    );
    await using project = await openProject(files);
    expect(await follow(project)).toEqual(FOLLOWED);
    await project.process(put('pets', { id: '2', owner: 'a' }));
    const built = project.engine.stats().viewsBuilt;
    await project.process(put('chips', { id: 'x', pet: '2' }));
    expect(project.engine.stats().viewsBuilt - built).toBe(1);
    expect(await project.errors({ all: true })).toEqual([]);
  });
});

describe('a view that is built by functions', () => {
  test('follows its source in any state, since nobody knows what the functions look at', async () => {
    const files = filesOf({
      projections: { things: { id: 'string!', text: 'string' } },
      views: {
        sv_things: {
          SV_CONFIG: { dependencies: { things: BASE }, mapping: { id: 'things.id', text: 'things.text', __STATE__: '__string__[DRAFT]' } },
        },
      },
      viewOptions: { sv: {} },
      files: {
        'views/sv/projectionChangesSchema.json': {
          version: '1.0.0',
          config: { sv: { paths: [{ path: ['sv_things'], identifier: { id: 'id' } }] } },
        },
        'views/sv/pipeline.js': `module.exports = (db) => async (logger, identifier) => db.collection('sv_things').find(identifier).toArray()`,
        'views/sv/mapper.js': `module.exports = (logger, { id, text }) => ({ id, text })`,
      },
    });
    await using project = await openProject(files);
    await project.process(put('things', { id: 't', text: 'x' }));
    await project.process(put('things', { id: 't', text: 'y' }));
    expect(await project.documents('sv')).toEqual([{ id: 't', text: 'y' }]);
  });
});

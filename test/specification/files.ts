/** A project's files by path; what is no text is written as JSON. */
export type Files = Readonly<Record<string, unknown>>;

/** A field of a projection as its file has it, or short: its type, with `!` behind it when it is of the primary key. */
export type FieldLiteral = string | Readonly<Record<string, unknown>>;

/** Source, target, name of the condition, condition, and what else its entry holds. */
export type RelationLiteral = readonly [
  source: string,
  target: string,
  name: string,
  condition: Readonly<Record<string, unknown>>,
  more?: Readonly<Record<string, unknown>>,
];

export interface ProjectLiteral {
  /** Of the one system, `shop`. Default db2: the key and the row as it is. */
  readonly format?: string;
  /** More options of the system. */
  readonly system?: Readonly<Record<string, unknown>>;
  readonly projections: Readonly<Record<string, Readonly<Record<string, FieldLiteral>>>>;
  /** Options of projections beside their fields. */
  readonly projectionOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly relations?: readonly RelationLiteral[];
  /** The blocks of `aggregation.json` by view. */
  readonly views?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Options of views beside their folder, `views/<view>`. */
  readonly viewOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** More of `modules.fastData`. */
  readonly fastData?: Readonly<Record<string, unknown>>;
  /** More of the project file's top level. */
  readonly top?: Readonly<Record<string, unknown>>;
  /** More files, which also replace those made here; `undefined` leaves one out. */
  readonly files?: Files;
}

/** The files that a user would write for a project, from what differs between tests. JSON is YAML, too. */
export function filesOf(literal: ProjectLiteral): Files {
  const { format = 'db2', projections, relations = [], views = {} } = literal;
  const manual = Object.keys(literal.viewOptions ?? {});
  const viewNames = [...new Set([...Object.keys(views), ...manual])];
  const files: Record<string, unknown> = {
    'millrace.yaml': {
      id: 'project',
      ...literal.top,
      modules: {
        fastData: {
          ...(relations.length > 0 || literal.files?.['erSchema.json'] !== undefined ? { erSchema: './erSchema.json' } : {}),
          systems: { shop: { format, projections: './projections', ...literal.system } },
          singleViews: Object.fromEntries(
            viewNames.map((view) => {
              const options = literal.viewOptions?.[view];
              return [view, options === undefined ? `./views/${view}` : { folder: `./views/${view}`, ...options }];
            }),
          ),
          ...literal.fastData,
        },
      },
    },
  };
  for (const [name, fields] of Object.entries(projections)) {
    files[`projections/${name}.json`] = {
      fields: Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, fieldOf(value)])),
      ...literal.projectionOptions?.[name],
    };
  }
  if (relations.length > 0) files['erSchema.json'] = erSchemaOf(relations);
  for (const [view, config] of Object.entries(views)) files[`views/${view}/aggregation.json`] = { version: '1.3.0', config };
  return Object.fromEntries(Object.entries({ ...files, ...literal.files }).filter(([, content]) => content !== undefined));
}

export function erSchemaOf(relations: readonly RelationLiteral[]): object {
  const config: Record<string, { outgoing: Record<string, { conditions: Record<string, object> }> }> = {};
  for (const [source, target, name, condition, more = {}] of relations) {
    const { outgoing } = (config[source] ??= { outgoing: {} });
    const { conditions } = (outgoing[target] ??= { conditions: {} });
    conditions[name] = { condition, ...more };
  }
  return { version: '1.0.0', config };
}

function fieldOf(literal: FieldLiteral): object {
  if (typeof literal !== 'string') return literal;
  return literal.endsWith('!') ? { type: literal.slice(0, -1), primaryKey: true } : { type: literal };
}

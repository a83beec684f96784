import type { CatalogueEntries } from './catalogue-entry.ts';

/** Of requests, queries and clients. */
export const SERVING_ERRORS = {
  INVALID_QUERY: {
    whose: 'user',
    retryable: false,
    what: 'A filter, sort or projection of fields is not one that can be carried out.',
    cure: 'Change the named operator, path or value. The operators of the filter language are listed in the documentation.',
  },
  INVALID_EXTENDED_JSON: {
    whose: 'user',
    retryable: false,
    what: 'A typed value in extended JSON is malformed.',
    cure: 'Write it as MongoDB Extended JSON (v2) does, for example {"$date": "2024-05-01T10:00:00Z"} or {"$numberLong": "42"}.',
  },
  PORT_IN_USE: {
    whose: 'operator',
    retryable: false,
    what: 'Another program listens on the port already.',
    cure: 'Stop that program, or give this one another port: --port, or http.port; 0 takes a free one.',
  },
  CANNOT_LISTEN: {
    whose: 'operator',
    retryable: false,
    what: 'The operating system does not let this program listen on the address.',
    cure: 'Name an address of this machine in http.host, and a port that this user may listen on (from 1024) in http.port.',
  },
  UNAUTHORIZED: {
    whose: 'user',
    retryable: false,
    what: 'A request carries no token, or not the right one.',
    cure: 'Send the token of http.token in the header Authorization: Bearer <token>.',
  },
  HOST_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'A request names a host that this server is not known by: web pages of others could reach it by such names.',
    cure: 'Call it by the address it listens on, or set http.token (or http.unguarded: true), with which any name will do.',
  },
  ORIGIN_REFUSED: {
    whose: 'user',
    retryable: false,
    what: 'A request comes from a web page of an origin that may not call.',
    cure: 'Add the origin of the page to http.origins.',
  },
  METHOD_NOT_ALLOWED: {
    whose: 'user',
    retryable: false,
    what: 'A request uses a method that the address does not take: collections are read only.',
    cure: 'Use GET or HEAD. What is written comes from the systems of record.',
  },
  MALFORMED_REQUEST: {
    whose: 'user',
    retryable: false,
    what: 'A request is not one that HTTP allows, or its address is not well encoded.',
    cure: 'Encode the address as URLs are: encodeURIComponent in JavaScript, --data-urlencode with --get in curl.',
  },
  URL_TOO_LONG: {
    whose: 'user',
    retryable: false,
    what: 'The address of a request is longer than allowed.',
    cure: 'Ask for less at once: split long lists of $in over several requests.',
  },
  UNKNOWN_ROUTE: {
    whose: 'user',
    retryable: false,
    what: 'There is nothing at the address of a request.',
    cure: 'See the documentation of the HTTP interface, or /-/openapi.json, for what is served.',
  },
  UNKNOWN_PARAMETER: {
    whose: 'user',
    retryable: false,
    what: 'A request has a parameter that means nothing at its address.',
    cure: 'Correct its name or leave it out. Fields of the collection are parameters too; others are filtered with _q.',
  },
  INVALID_PARAMETER: {
    whose: 'user',
    retryable: false,
    what: 'A parameter of a request has a value that is not possible.',
    cure: 'Change it to what is expected.',
  },
  UNKNOWN_DOCUMENT: {
    whose: 'user',
    retryable: false,
    what: 'The collection has no document of this id, or none in the states that were asked for.',
    cure: 'Ids are derived from keys: the value itself for one field, a=1&b=x (percent-encoded) for several. Only PUBLIC documents are shown unless _st says more.',
  },
  NOT_ACCEPTABLE: {
    whose: 'user',
    retryable: false,
    what: 'A request accepts only forms that are not served at its address.',
    cure: 'Accept one of the forms that the message names.',
  },
  QUERY_TOO_SLOW: {
    whose: 'user',
    retryable: true,
    what: 'A query took longer than http.maxQueryMs and was stopped.',
    cure: 'Ask for fields that are indexed (keys, and fields that relations join), ask for less, or raise http.maxQueryMs.',
  },
  QUERY_TOO_LARGE: {
    whose: 'user',
    retryable: false,
    what: 'A query needed more memory than there is for queries, and was stopped.',
    cure: 'Sort less at once: a filter on indexed fields, a limit, or no sort.',
  },
  TOO_MANY_REQUESTS: {
    whose: 'user',
    retryable: true,
    what: 'More queries or exports wait than are allowed at a time.',
    cure: 'Wait for some of them to end, then try again.',
  },
  EXPORT_BROKEN: {
    whose: 'operator',
    retryable: true,
    what: 'A sorted export lost its place, because another query had to be stopped.',
    cure: 'Begin it again; without a sort it would have gone on.',
  },
  LIVE_LIMIT: {
    whose: 'user',
    retryable: false,
    what: 'A live query has more rows than are allowed, or a connection more live queries.',
    cure: 'Narrow the query, or give it a limit; unsubscribe from what is no longer needed; or raise live.maxRows or live.maxSubscriptions.',
  },
  INVALID_FRAME: {
    whose: 'user',
    retryable: false,
    what: 'A frame of a live-query client lacks something, or holds something else than is expected.',
    cure: 'Correct the named member. The frames are described in docs/reference/live-protocol.md.',
  },
  UNKNOWN_PROJECT: {
    whose: 'user',
    retryable: false,
    what: 'A client names another project, or another database, than the one that is served.',
    cure: 'Use the id of the project file, and the alias of modules.fastData.alias (mongo unless set) as the database.',
  },
  READ_ONLY: {
    whose: 'user',
    retryable: false,
    what: 'A client of the original API wants to write, or calls something that is not served.',
    cure: 'Read and subscribe only: what is written comes from the systems of record.',
  },
  UNSUPPORTED_CALL: {
    whose: 'user',
    retryable: false,
    what: 'User code calls something that its database handle does not have, or may not do.',
    cure: 'Use what the message names. Only the collection that is handed to an upsert or delete function can be written.',
  },
} as const satisfies CatalogueEntries;

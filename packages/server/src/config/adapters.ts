/** What can carry the messages, and what can keep the documents. Apart from the shapes, so that `--help` is quick. */
export const LOG_ADAPTERS = ['embedded', 'kafka'] as const;
export const STORE_ADAPTERS = ['embedded', 'mongo'] as const;

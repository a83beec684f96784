import type { ProjectConfig } from '../config/config.ts';

type Deployment = Pick<ProjectConfig, 'log' | 'store' | 'data'>;

/** Where messages and documents are, for people: `on Kafka (localhost:9092) and MongoDB (localhost:27017/shop)`. Without secrets. */
export function deploymentText({ log, store, data }: Deployment): string {
  if (log.use === 'embedded' && store.use === 'embedded') return `in ${data}`;
  return `on ${logText({ log, data })} and ${storeText({ store, data })}`;
}

/** The same for programs. */
export function deploymentJson({ log, store, data }: Deployment): { readonly log: string; readonly store: string } {
  return {
    log: log.use === 'embedded' ? data : logText({ log, data }),
    store: store.use === 'embedded' ? data : storeText({ store, data }),
  };
}

export function logText({ log, data }: Pick<Deployment, 'log' | 'data'>): string {
  if (log.use === 'embedded') return `the log in ${data}`;
  const { brokers, topicPrefix } = log.kafka;
  return `Kafka (${brokers.join(', ')}${topicPrefix === '' ? '' : `, topics ${topicPrefix}…`})`;
}

export function storeText({ store, data }: Pick<Deployment, 'store' | 'data'>): string {
  if (store.use === 'embedded') return `the store in ${data}`;
  return `MongoDB (${hostsOf(store.mongo.url)}/${store.mongo.database})`;
}

/** What stands behind the last @ can be no credential. */
function hostsOf(url: string): string {
  const rest = url.slice(url.lastIndexOf('@') + 1).replace(/^[a-z+]+:\/\//, '');
  return /^[^/?#]*/.exec(rest)?.[0] ?? '';
}

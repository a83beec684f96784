import { filesOf } from '../specification/files.ts';
import type { Files } from '../specification/files.ts';
import { put, remove } from '../specification/messages.ts';
import type { Message } from '../specification/messages.ts';

/** Stands in every key and value of the records of the project, and nowhere else. */
export const MARK = 'Wqzxvbgk';
/** The same of numbers. */
export const MARKED_NUMBER = 7_391_846_205;

/** A cast that prints what it is given, fails for some of it, and ends its process for other. */
const CAST = `
  module.exports = (value, fieldName, logger) => {
    logger.info({ value, nested: { value } }, 'Casting %s of the row', value);
    console.log('printed', value);
    console.error({ value });
    if (String(value).includes('throw')) throw new Error('Cannot cast ' + value);
    if (String(value).includes('reject')) void Promise.reject(new Error('nobody catches ' + value));
    return value;
  };`;

/** A mapping that fails with what it reads, or with a message of the runtime that names it. */
const MAPPING = `
  module.exports = (logger, db, dependenciesMap) => {
    const customer = dependenciesMap.get('customers');
    logger.error({ customer }, 'Mapping ' + customer.name);
    if (customer.name.includes('broken')) throw new Error(customer.name + ' is broken');
    if (customer.name.includes('missing')) return undefined[customer.name];
    return customer.name;
  };`;

const VALIDATOR = `
  module.exports = (logger, singleView) => {
    logger.warn('Is it valid?', singleView);
    if (singleView.text.includes('invalid')) throw new Error(JSON.stringify(singleView));
    return true;
  };`;

/** A project in which whatever can fail with a record in hand does. */
export function markedFiles(top: Readonly<Record<string, unknown>>): Files {
  return filesOf({
    top: { ...top, http: { port: 0 }, audit: { perSecond: 5 } },
    fastData: { castFunctions: './casts' },
    projections: {
      customers: { id: 'string!', name: 'string', note: { type: 'string', castFunction: 'noisy' }, age: 'number', born: 'date' },
      orders: { id: 'string!', customer: 'string', total: 'number' },
    },
    relations: [['orders', 'customers', 'customer_of_order', { id: 'customer' }]],
    views: {
      sv_customers: {
        SV_CONFIG: {
          dependencies: { customers: { type: 'projection', on: '_identifier' } },
          mapping: { id: 'customers.id', text: '__fromFile__[text]' },
        },
      },
      sv_orders: {
        SV_CONFIG: {
          dependencies: { orders: { type: 'projection', on: '_identifier' }, customers: { type: 'projection', on: 'customer_of_order' } },
          mapping: { id: 'orders.id', customer: 'customers.name', total: 'orders.total' },
        },
      },
    },
    viewOptions: { sv_customers: { retry: { attempts: 2, delayMs: 1 } } },
    files: {
      'casts/noisy.js': CAST,
      'views/sv_customers/text.js': MAPPING,
      'views/sv_customers/validator.js': VALIDATOR,
    },
  });
}

/** Good records, and one of each kind that cannot be processed. */
export function markedMessages(): readonly Message[] {
  const customer = (name: string, more: object = {}): Message =>
    put('customers', { id: `${MARK}-${name}`, name: `${MARK} ${name}`, note: `${MARK} ${name}`, age: MARKED_NUMBER, ...more });
  const topic = 'shop.customers.ingestion';
  return [
    customer('plain'),
    customer('broken'),
    customer('missing'),
    customer('invalid'),
    customer('throw'),
    customer('reject'),
    customer('aged', { age: `${MARK} years` }),
    customer('born', { born: `${MARK}-01-01` }),
    customer('extra', { more: MARK }),
    { topic, key: `no JSON ${MARK}`, value: '{}' },
    { topic, key: { id: MARK }, value: `{"name": "${MARK}` },
    { topic, key: { id: MARK }, value: `["${MARK}"]` },
    { topic, key: { other: MARK }, value: { name: MARK } },
    put('orders', { id: `${MARK}-o1`, customer: `${MARK}-plain`, total: MARKED_NUMBER }),
    put('orders', { id: `${MARK}-o1`, customer: `${MARK}-broken`, total: MARKED_NUMBER }),
    remove('customers', { id: `${MARK}-plain` }),
    remove('orders', { id: `${MARK}-nobody` }),
  ];
}

import type { CollectionOverview } from '@millrace/client';
import { Link } from '@tanstack/react-router';
import { collectionRates } from '../server/overviews.ts';
import { count, plural, rate, shortCount } from '../text/numbers.ts';
import type { Group } from './group.ts';
import { Sparkline } from './sparkline.tsx';

export function CollectionTable({ group }: { readonly group: Group }) {
  const { title, hint, collections } = group;
  return (
    <section className="group" aria-label={title}>
      <div className="group-head">
        <h2>{title}</h2>
        <p>{hint}</p>
      </div>
      <table className="listing">
        <colgroup>
          <col />
          <col className="col-count" />
          <col className="col-spark wide" />
          <col className="col-rate" />
          <col className="col-live wide" />
          <col className="col-errors wide" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">Collection</th>
            <th scope="col" className="number">
              Documents
            </th>
            <th scope="col" className="number wide" colSpan={2}>
              Changes / s
            </th>
            <th scope="col" className="number narrow">
              Changes / s
            </th>
            <th scope="col" className="number wide">
              Live queries
            </th>
            <th scope="col" className="number wide">
              Errors
            </th>
          </tr>
        </thead>
        <tbody>
          {collections.map((collection) => (
            <CollectionRow key={collection.name} collection={collection} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function CollectionRow({ collection }: { readonly collection: CollectionOverview }) {
  const { name, key, changesPerSecond, liveQueries, errors } = collection;
  return (
    <tr>
      <th scope="row">
        <Link to="/collections/$name" params={{ name }} className="listing-link">
          {name}
        </Link>
        <span className="listing-key">{key.join(' + ')}</span>
        {errors > 0 ? <span className="badge badge-error narrow-inline">{plural(errors, 'error')}</span> : null}
      </th>
      <td className="number" title={count(collection.count)}>
        {shortCount(collection.count)}
      </td>
      <td className="spark wide">
        <Sparkline values={collectionRates.of(name)} />
      </td>
      <td className="number" data-quiet={changesPerSecond === 0 || undefined}>
        {rate(changesPerSecond)}
      </td>
      <td className="number wide" data-quiet={liveQueries === 0 || undefined}>
        {count(liveQueries)}
      </td>
      <td className="number wide" data-quiet={errors === 0 || undefined}>
        {errors > 0 ? <span className="badge badge-error">{count(errors)}</span> : '0'}
      </td>
    </tr>
  );
}

import type { PipelineOverview } from '@millrace/client';
import { pipelineOverview } from '../server/overviews.ts';
import { usePolled } from '../server/polled.ts';
import { Away, StaleBanner } from '../shell/away.tsx';
import { useTitle } from '../shell/use-title.ts';
import { count, duration, plural } from '../text/numbers.ts';
import { Jobs } from './jobs.tsx';
import { Race } from './race.tsx';
import { StageList } from './stage-list.tsx';

export function PipelinePage() {
  useTitle('Pipeline');
  const { value, error } = usePolled(pipelineOverview);
  if (value === undefined) {
    return error === undefined ? <p className="waiting">Asking the server …</p> : <Away error={error} onRetry={pipelineOverview.retry} />;
  }
  return (
    <>
      <StaleBanner error={error} />
      <div className="room-head">
        <div>
          <h1>Pipeline</h1>
          <p className="summary">
            Millrace {value.version}, at work since{' '}
            <time dateTime={value.startedAt}>
              {new Date(value.startedAt).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}
            </time>
          </p>
        </div>
      </div>
      <Headline overview={value} />
      <section className="way" aria-label="The way of a change">
        <Race stages={value.stages} />
        <StageList stages={value.stages} />
      </section>
      <div className="boards">
        <Lag lag={value.lag} />
        <Queue queued={value.queued} />
        <Errors errors={value.errors} />
        <Jobs jobs={value.jobs} />
      </div>
    </>
  );
}

function Headline({ overview: { latencyMs, lag, queued, live } }: { readonly overview: PipelineOverview }) {
  const behind = lag.reduce((sum, { records }) => sum + records, 0);
  const waiting = queued.reduce((sum, { count: items }) => sum + items, 0);
  return (
    <dl className="headline">
      <div>
        <dt>Latency, median</dt>
        <dd title="From a record’s time to the commit of what follows from it">{duration(latencyMs.p50)}</dd>
      </div>
      <div>
        <dt>Latency, p99</dt>
        <dd title="99 of 100 changes are faster">{duration(latencyMs.p99)}</dd>
      </div>
      <div>
        <dt>Lag</dt>
        <dd>
          {count(behind)} <small>{behind === 1 ? 'record' : 'records'}</small>
        </dd>
      </div>
      <div>
        <dt>Queued</dt>
        <dd>
          {count(waiting)} <small>{waiting === 1 ? 'item' : 'items'}</small>
        </dd>
      </div>
      <div>
        <dt>Watching</dt>
        <dd>
          {count(live.clients)}{' '}
          <small>
            {live.clients === 1 ? 'client' : 'clients'}, {plural(live.queries, 'live query', 'live queries')}
          </small>
        </dd>
      </div>
    </dl>
  );
}

function Lag({ lag }: Pick<PipelineOverview, 'lag'>) {
  const sorted = lag.toSorted((a, b) => b.records - a.records || a.topic.localeCompare(b.topic));
  const behind = sorted.filter(({ records }) => records > 0);
  const most = Math.max(1, ...behind.map(({ records }) => records));
  return (
    <section className="board" aria-labelledby="lag">
      <h2 id="lag">Lag by topic</h2>
      {behind.length === 0 ? (
        <p className="nothing">{sorted.length === 0 ? 'The log has no topics yet.' : `None: ${topics(sorted.length)} to the end.`}</p>
      ) : (
        <table className="listing listing-small">
          <thead>
            <tr>
              <th scope="col">Topic</th>
              <th scope="col" className="number">
                Records behind
              </th>
            </tr>
          </thead>
          <tbody>
            {behind.map(({ topic, records }) => (
              <tr key={topic}>
                <th scope="row" className="mono">
                  {topic}
                  <span className="meter" aria-hidden="true">
                    <span style={{ inlineSize: `${(records / most) * 100}%` }} />
                  </span>
                </th>
                <td className="number">{count(records)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {behind.length > 0 && sorted.length > behind.length ? (
        <p className="board-more">{topics(sorted.length - behind.length, 'more ')} to the end.</p>
      ) : null}
    </section>
  );
}

function topics(value: number, more = ''): string {
  return value === 1 ? `the one ${more}topic is read` : `the ${count(value)} ${more}topics are read`;
}

function Queue({ queued }: Pick<PipelineOverview, 'queued'>) {
  return (
    <section className="board" aria-labelledby="queue">
      <h2 id="queue">Queue by lane</h2>
      {queued.length === 0 ? (
        <p className="nothing">Nothing waits.</p>
      ) : (
        <table className="listing listing-small">
          <thead>
            <tr>
              <th scope="col">What waits</th>
              <th scope="col">Lane</th>
              <th scope="col" className="number">
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            {queued.map(({ kind, scope, lane, count: items }) => (
              <tr key={`${kind} ${scope} ${lane}`}>
                <th scope="row">
                  <span className="mono">{scope}</span> <span className="listing-key">{kind}</span>
                </th>
                <td>{lane}</td>
                <td className="number">{count(items)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Errors({ errors }: Pick<PipelineOverview, 'errors'>) {
  return (
    <section className="board" aria-labelledby="errors">
      <h2 id="errors">Errors by code</h2>
      {errors.length === 0 ? (
        <p className="nothing">None. What cannot be processed is kept, and shown here.</p>
      ) : (
        <table className="listing listing-small">
          <thead>
            <tr>
              <th scope="col">Code</th>
              <th scope="col">Where</th>
              <th scope="col" className="number">
                Count
              </th>
            </tr>
          </thead>
          <tbody>
            {errors.map(({ kind, scope, code, count: found }) => (
              <tr key={`${kind} ${scope} ${code}`}>
                <th scope="row" className="mono">
                  {code}
                </th>
                <td>
                  <span className="mono">{scope}</span>{' '}
                  <span className="listing-key">{kind === 'dead-letter' ? 'dead letters' : 'single view'}</span>
                </td>
                <td className="number">
                  <span className="badge badge-error">{count(found)}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

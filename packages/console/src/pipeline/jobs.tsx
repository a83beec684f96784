import type { JobOverview } from '@millrace/client';
import { count, percent } from '../text/numbers.ts';

/** Long work, with how far it is. */
export function Jobs({ jobs }: { readonly jobs: readonly JobOverview[] }) {
  return (
    <section className="board" aria-labelledby="jobs">
      <h2 id="jobs">Jobs</h2>
      {jobs.length === 0 ? (
        <p className="nothing">No long work. Loads, refreshes, replays and audits show here how far they are.</p>
      ) : (
        <ul className="jobs">
          {jobs.map((job) => (
            <Job key={job.id} job={job} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Job({ job: { id, type, scope, state, done, total, error } }: { readonly job: JobOverview }) {
  const share = total === null || total === 0 ? undefined : Math.min(1, done / total);
  return (
    <li className="job" data-state={state}>
      <p className="job-head">
        <span>
          {type} <span className="mono">{scope}</span>
        </span>
        <span className="job-state">{state}</span>
      </p>
      <progress
        aria-label={`${type} ${scope}`}
        max={1}
        {...(state === 'done' ? { value: 1 } : share === undefined ? {} : { value: share })}
      />
      <p className="job-foot">
        {count(done)}
        {total === null ? '' : ` of ${count(total)}`}
        {share === undefined ? '' : `, ${percent(share)}`} <span className="listing-key">{id}</span>
      </p>
      {error === null ? null : <p className="problem">{error}</p>}
    </li>
  );
}

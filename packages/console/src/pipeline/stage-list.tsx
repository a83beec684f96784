import type { StageOverview } from '@millrace/client';
import { Sparkline } from '../collections/sparkline.tsx';
import { stageRates } from '../server/overviews.ts';
import { count, percent, rate, shortCount } from '../text/numbers.ts';
import { STAGES, STAGE_ORDER } from './stages.ts';

/** The stages in the order of the way, each with its figures. */
export function StageList({ stages }: { readonly stages: readonly StageOverview[] }) {
  return (
    <ol className="stages">
      {STAGE_ORDER.map((name) => (
        <Stage key={name} name={name} stage={stages.find((candidate) => candidate.name === name)} />
      ))}
    </ol>
  );
}

function Stage({ name, stage }: { readonly name: StageOverview['name']; readonly stage: StageOverview | undefined }) {
  const { gives, does } = STAGES[name];
  const { total = 0, perSecond = 0, busy = 0, errors = 0 } = stage ?? {};
  return (
    <li className="stage" aria-label={name}>
      <h2>{name}</h2>
      <p className="stage-does">{does}</p>
      <p className="stage-rate">
        <strong>{rate(perSecond)}</strong> <span>{gives} / s</span>
      </p>
      <Sparkline values={stageRates.of(name)} />
      <dl className="figures">
        <div>
          <dt>Busy</dt>
          <dd>
            <span className="meter" aria-hidden="true">
              <span style={{ inlineSize: `${Math.min(100, busy * 100)}%` }} />
            </span>
            {percent(busy)}
          </dd>
        </div>
        <div>
          <dt>Total</dt>
          <dd title={count(total)}>{shortCount(total)}</dd>
        </div>
        <div>
          <dt>Errors</dt>
          <dd>{errors > 0 ? <span className="badge badge-error">{count(errors)}</span> : 'none'}</dd>
        </div>
      </dl>
    </li>
  );
}

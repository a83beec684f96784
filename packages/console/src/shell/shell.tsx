import { Link, Outlet } from '@tanstack/react-router';
import { isUnauthorized } from '../server/client.ts';
import { collectionsOverview } from '../server/overviews.ts';
import { usePolled } from '../server/polled.ts';
import { Connection } from './connection.tsx';
import { Mark } from './mark.tsx';
import { ROOMS } from './rooms.ts';
import { ThemeSwitch } from './theme-switch.tsx';
import { TokenForm } from './token-form.tsx';

/** What stands around every room: the rail on a laptop; a top and a bottom bar on a phone. */
export function Shell() {
  const { value, error } = usePolled(collectionsOverview);
  const isRefused = error !== undefined && isUnauthorized(error);
  return (
    <div className="shell">
      <a className="skip" href="#room">
        Skip to the page
      </a>
      <header className="masthead">
        <Link to="/collections" className="brand" aria-label="Millrace, collections">
          <Mark />
          <span className="brand-name">Millrace</span>
        </Link>
        {value === undefined ? null : (
          <p className="project" title="Project">
            {value.project}
          </p>
        )}
      </header>
      <nav className="rooms" aria-label="Rooms">
        <ul>
          {ROOMS.map(({ to, label, Icon }) => (
            <li key={to}>
              <Link to={to} className="room-link">
                <Icon size={18} aria-hidden />
                <span>{label}</span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <section className="settings" aria-label="Connection and theme">
        <Connection />
        <ThemeSwitch />
      </section>
      {/* It scrolls, so the keyboard must be able to stand in it. */}
      <main id="room" className="room" tabIndex={0}>
        {isRefused ? <TokenForm /> : <Outlet />}
      </main>
    </div>
  );
}

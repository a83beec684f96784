import { useId } from 'react';
import { textOfField } from './form-text.ts';
import { token } from '../server/token.ts';

/** Asked for where the server wants a token. */
export function TokenForm() {
  const id = useId();
  const wasRefused = token.get() !== '';
  return (
    <form
      className="notice"
      onSubmit={(event) => {
        event.preventDefault();
        token.set(textOfField(new FormData(event.currentTarget), 'token'));
      }}
    >
      <h1>This server is guarded</h1>
      <p>
        Enter the token that the project’s configuration names under <code>http.token</code>. It is kept in this tab only.
      </p>
      <label htmlFor={id}>Token</label>
      <div className="notice-line">
        <input id={id} name="token" type="password" className="input" autoComplete="off" required aria-invalid={wasRefused} />
        <button type="submit" className="button button-primary">
          Open
        </button>
      </div>
      {wasRefused ? (
        <p className="problem" role="alert">
          The server refused this token.
        </p>
      ) : null}
    </form>
  );
}

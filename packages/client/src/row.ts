import type { ElementOf, IsUnknown } from './field-path.ts';

/** A document as results hold it: `_id` is the text that its key makes; nothing of it is ever changed. */
export type Row<Doc, S = undefined> = Simple<{ readonly _id: string } & Readonly<Selected<Doc, S>>>;

/** One object type instead of an intersection, so that editors show it plainly. */
type Simple<T> = IsUnknown<T> extends true ? T : { [F in keyof T]: T[F] };

/** What a `select` leaves of a document. */
export type Selected<Doc, S> = S extends object
  ? 1 extends S[keyof S]
    ? Included<Doc, PathsOf<S, 1>>
    : Excluded<Doc, PathsOf<S, 0>>
  : Doc;

type PathsOf<S, Flag> = { [Path in keyof S]: S[Path] extends Flag ? Path : never }[keyof S] & string;

type First<Path extends string> = Path extends `${infer Field}.${string}` ? Field : Path;
type Rest<Path extends string, Field extends string> = Path extends `${Field}.${infer Inner}` ? Inner : never;

/** The whole field where it is named itself; else what is named of its inner fields, through arrays too. */
type Included<Doc, Path extends string> = {
  [F in keyof Doc as F extends First<Path> ? F : never]: F extends Path ? Doc[F] : Within<Doc[F], 'include', Rest<Path, F & string>>;
};

type Excluded<Doc, Path extends string> = {
  [F in keyof Doc as F extends Path ? never : F]: Rest<Path, F & string> extends never
    ? Doc[F]
    : Within<Doc[F], 'exclude', Rest<Path, F & string>>;
};

type Within<T, Mode, Path extends string> =
  IsUnknown<T> extends true
    ? unknown
    : T extends null | undefined
      ? T
      : T extends readonly unknown[]
        ? readonly Within<ElementOf<T>, Mode, Path>[]
        : T extends object
          ? Mode extends 'include'
            ? Included<T, Path>
            : Excluded<T, Path>
          : T;

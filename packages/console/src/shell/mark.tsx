/** The mark of Millrace: a current, held between two walls. */
export function Mark({ size = 26 }: { readonly size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M4 5.5h24M4 26.5h24" className="mark-wall" />
      <path d="M4 13c5 0 6-3 12-3s7 3 12 3M4 21c5 0 6-3 12-3s7 3 12 3" className="mark-water" />
    </svg>
  );
}

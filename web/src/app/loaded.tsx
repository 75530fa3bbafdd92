// SPDX-License-Identifier: Apache-2.0
//
// One place for what can happen to a read: still loading, failed, forbidden, gone, no answer. Old data stays as long
// as there is any.
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Problem } from "../api/client.ts";
import { Button } from "../ui/button.tsx";
import { Note } from "../ui/note.tsx";
import { SkeletonRows } from "../ui/skeleton.tsx";

type Read<T> = Pick<UseQueryResult<T>, "data" | "error" | "refetch" | "isFetching">;

export function Loaded<T>({ query, what, skeleton, gone, children }: { query: Read<T>; what: string; skeleton?: ReactNode; gone?: ReactNode; children: (data: T) => ReactNode }) {
  if (query.error instanceof Problem && query.error.status === 404) return gone ?? <Gone what={what} problem={query.error} />;
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failure what={what} problem={query.error} retry={() => void query.refetch()} busy={query.isFetching} />;
  return skeleton ?? <SkeletonRows />;
}

export function Gone({ what, problem, children }: { what: string; problem?: Problem; children?: ReactNode }) {
  return (
    <div className="mx-auto mt-12 grid max-w-lg gap-2" role="status">
      <h1>{sentence(what)} is not here</h1>
      <p className="wrap-anywhere text-fg-2">{problem?.message ?? "It may have been deleted or renamed, or you may not be allowed to see it."}</p>
      {problem?.hint ? <p className="text-fg-2">{problem.hint}</p> : null}
      <p className="mt-2 flex gap-3">{children ?? <Link className="link" to="/search">Search for it</Link>}</p>
    </div>
  );
}

export function Failure({ what, problem, retry, busy }: { what: string; problem: Error; retry?: () => void; busy?: boolean }) {
  const known = problem instanceof Problem ? problem : undefined;
  const forbidden = known?.status === 403;
  const title = forbidden ? `You may not see ${what}` : known?.status === 0 ? `souk does not answer` : `${sentence(what)} could not be read`;
  return (
    <Note
      tone={forbidden ? "warn" : "bad"}
      role="alert"
      title={title}
      actions={retry && !forbidden ? <Button small onClick={retry} disabled={busy}>Try again</Button> : undefined}
    >
      <Reason problem={problem} />
    </Note>
  );
}

/** The server's own words, what to do, and the id to find it in the log. */
export function Reason({ problem }: { problem: Error }) {
  const known = problem instanceof Problem ? problem : undefined;
  return (
    <>
      <p>{problem.message}</p>
      {known?.hint ? <p>{known.hint}</p> : null}
      {known && known.status > 0 ? <p className="text-12 text-fg-3"><Link className="underline underline-offset-2" to="/errors" hash={known.code}>{known.code}</Link>{known.traceId ? <>, trace <code>{known.traceId}</code></> : null}</p> : null}
    </>
  );
}

function sentence(what: string): string {
  return what.charAt(0).toUpperCase() + what.slice(1);
}

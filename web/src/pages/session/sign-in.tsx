// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Problem, problemOf } from "../../api/client.ts";
import * as queries from "../../api/queries.ts";
import { session } from "../../api/session.ts";
import { Mark } from "../../app/sidebar.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Identicon } from "../../ui/identicon.tsx";

const tiles = ["digits", "fraud", "search", "speech", "vision", "whisper", "churn", "meters", "souk", "lang", "pose", "trust", "gate", "serial", "demand", "default"];

/** Stands over the page, which keeps its state: a session that ends in the middle of a form loses nothing. */
export default function SignIn() {
  const [key, setKey] = useState("");
  const client = useQueryClient();
  const anonymous = client.getQueryData(queries.whoami.queryKey)?.kind === "ANONYMOUS";
  const check = useMutation({
    mutationFn: async (wanted: string) => {
      // Not through the client: a wrong key here is an answer, not the end of a session.
      const answer = await fetch("/api/v1/whoami", { headers: { Authorization: `Bearer ${wanted}` }, credentials: "omit" }).catch(() => {
        throw new Problem({ status: 0, detail: "souk does not answer. Is the server running?" });
      });
      if (!answer.ok) throw await problemOf(answer);
    },
    onSuccess: (_, wanted) => {
      session.take(wanted);
      void client.invalidateQueries();
    },
  });
  return (
    <div data-layer role="dialog" aria-modal aria-label="Sign in" className="fixed inset-0 z-40 grid grid-cols-[minmax(0,1fr)_auto] overflow-y-auto bg-bg">
      <div className="flex flex-col px-8 py-6">
        <span className="flex h-7 items-center gap-2 text-[15px] font-[620] tracking-[-.015em]"><Mark />souk</span>
        <form
          className="m-auto grid w-[340px] max-w-full gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (key.trim()) check.mutate(key.trim());
          }}
        >
          <h1 className="text-28 tracking-[-.02em]">Sign in</h1>
          <p className="mb-2 text-fg-2">Paste an API key of this souk. It is kept for this tab only.</p>
          <TextField label="API key" name="key" type="password" autoFocus placeholder="souk_…" value={key} onChange={(event) => (setKey(event.target.value), check.reset())} error={check.error ? check.error.message : undefined} />
          <Button type="submit" look="primary" disabled={!key.trim() || check.isPending}>{check.isPending ? "Checking" : "Sign in"}</Button>
          {anonymous ? <Button look="quiet" onClick={() => session.release()}>Go on without a key</Button> : null}
          <p className="text-12 text-fg-3">On its first start souk writes a one-time admin key to a file and says where in its log. Make further keys with <code>souk key create</code>.</p>
        </form>
      </div>
      <div aria-hidden className="sticky top-0 grid h-screen w-[min(42vw,640px)] grid-cols-4 border-l border-line bg-sunken opacity-60 grayscale max-wide:hidden">
        {tiles.map((name) => (
          <span key={name} className="grid place-items-center border-r border-b border-line"><Identicon of={name} size={72} /></span>
        ))}
      </div>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import * as queries from "../../api/queries.ts";
import { session } from "../../api/session.ts";
import { checkKey, signIn } from "../../api/sign-in.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Layer } from "./layer.tsx";

export default function SignIn() {
  const [way, setWay] = useState<"password" | "key">("password");
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const client = useQueryClient();
  const anonymous = client.getQueryData(queries.whoami.queryKey)?.kind === "ANONYMOUS";
  const check = useMutation({
    mutationFn: () => (way === "key" ? checkKey(secret.trim()) : signIn(name.trim(), secret)),
    onSuccess: () => void client.invalidateQueries(),
  });
  const ready = secret.trim() !== "" && (way === "key" || name.trim() !== "");
  const other = (next: typeof way) => (setWay(next), setSecret(""), check.reset());
  return (
    <Layer label="Sign in">
      <form
        className="m-auto grid w-[340px] max-w-full gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) check.mutate();
        }}
      >
        <h1 className="mb-2 text-28 tracking-[-.02em]">Sign in</h1>
        {way === "password" ? (
          <>
            <TextField label="Name" name="username" autoComplete="username" autoCapitalize="none" autoFocus value={name} onChange={(event) => (setName(event.target.value), check.reset())} />
            <TextField key="password" label="Password" name="password" type="password" autoComplete="current-password" value={secret} onChange={(event) => (setSecret(event.target.value), check.reset())} error={check.error?.message} />
          </>
        ) : (
          <TextField key="key" label="API key" name="key" type="password" autoFocus placeholder="souk_…" hint="Kept for this tab only." value={secret} onChange={(event) => (setSecret(event.target.value), check.reset())} error={check.error?.message} />
        )}
        <Button type="submit" look="primary" disabled={!ready || check.isPending}>{check.isPending ? "Checking" : "Sign in"}</Button>
        {way === "password" ? <Button look="quiet" onClick={() => other("key")}>Use an API key</Button> : <Button look="quiet" onClick={() => other("password")}>Use a password</Button>}
        {anonymous ? <Button look="quiet" onClick={() => session.release()}>Go on without signing in</Button> : null}
        <p className="text-12 text-fg-3">No account yet? An administrator makes one with <code>souk user create</code>. On a new server, open the link that <code>souk serve</code> printed.</p>
      </form>
    </Layer>
  );
}

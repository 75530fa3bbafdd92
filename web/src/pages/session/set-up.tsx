// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Problem } from "../../api/client.ts";
import { linkOwner, setUp } from "../../api/sign-in.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Note } from "../../ui/note.tsx";
import { Layer } from "./layer.tsx";

/** Where a one-time link leads: it sets a password, of the first administrator or of a user. */
export default function SetUp() {
  // Read once: the address is cleared of it when it has done its work.
  const [token] = useState(() => location.hash.slice(1));
  const [name, setName] = useState("admin");
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const link = useQuery({ queryKey: ["link", token], queryFn: async () => ({ owner: await linkOwner(token) }), retry: false });
  const save = useMutation({
    mutationFn: () => setUp(token, link.data?.owner ?? name.trim(), password),
    onSuccess: async () => {
      await navigate({ to: "/models", replace: true });
      void client.invalidateQueries();
    },
  });
  const owner = link.data?.owner;
  const differ = repeated !== "" && repeated !== password;
  const ready = name.trim() !== "" && password !== "" && password === repeated;
  const field = save.error instanceof Problem ? save.error.field : undefined;
  if (link.error) {
    return (
      <Layer label="Set a password">
        <div className="m-auto grid w-[340px] max-w-full gap-3">
          <h1 className="mb-2 text-28 tracking-[-.02em]">This link does not work</h1>
          <Note tone="bad" role="alert" title={link.error.message}>{link.error instanceof Problem ? link.error.hint : null}</Note>
          <Button onClick={() => void navigate({ to: "/models", replace: true })}>Sign in</Button>
        </div>
      </Layer>
    );
  }
  return (
    <Layer label="Set a password">
      <form
        className="m-auto grid w-[340px] max-w-full gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) save.mutate();
        }}
      >
        <h1 className="text-28 tracking-[-.02em]">{owner ? "Set your password" : "Set up souk"}</h1>
        <p className="mb-2 text-fg-2">{owner ? `For the user ${owner}.` : "You become the first administrator of this server."}</p>
        {owner ? <input type="hidden" name="username" autoComplete="username" value={owner} readOnly /> : <TextField label="Name" name="username" autoComplete="username" autoCapitalize="none" autoFocus value={name} onChange={(event) => (setName(event.target.value), save.reset())} error={field === "name" ? save.error?.message : undefined} />}
        <TextField label="Password" name="password" type="password" autoComplete="new-password" value={password} onChange={(event) => (setPassword(event.target.value), save.reset())} error={save.error && field !== "name" ? save.error.message : undefined} />
        <TextField label="Password again" name="repeated" type="password" autoComplete="new-password" value={repeated} onChange={(event) => setRepeated(event.target.value)} error={differ ? "The two differ." : undefined} />
        <Button type="submit" look="primary" disabled={!ready || save.isPending || link.isPending}>{save.isPending ? "Saving" : "Save and sign in"}</Button>
      </form>
    </Layer>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Compass } from "lucide-react";
import { Button, ButtonLink } from "../ui/button.tsx";
import { Note } from "../ui/note.tsx";

export function NoSuchPage() {
  return (
    <div className="mx-auto mt-16 grid max-w-md gap-3">
      <Compass aria-hidden size={24} className="text-fg-3" />
      <h1>No page has this address</h1>
      <p className="text-fg-2">The address may be mistyped, or the page may belong to a newer version of souk.</p>
      <div><ButtonLink to="/models" look="primary">Go to models</ButtonLink></div>
    </div>
  );
}

/** A fault of the page itself; also what shows when a page's code is gone after an update of the server. */
export function Broken({ error: cause }: { error: unknown }) {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const stale = /dynamically imported module|Importing a module script|Failed to fetch/i.test(error.message);
  return (
    <div className="mx-auto mt-16 max-w-xl">
      <Note
        tone="bad"
        role="alert"
        title={stale ? "This page could not be loaded" : "This page broke"}
        actions={<Button look="primary" onClick={() => window.location.reload()}>Load it again</Button>}
      >
        {stale ? "souk was updated or does not answer. Loading the page again gets the new one." : error.message}
      </Note>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";
import { errorCodes } from "../../logic/error-codes.ts";
import { PageHead, Panel } from "../../ui/panel.tsx";

export function ErrorsPage() {
  return (
    <>
      <PageHead title="What errors mean" note="Each error of souk has one of these codes, says what happened, and often what to do.">
        <Link className="link" to="/reference">API reference</Link>
      </PageHead>
      <Panel className="relative overflow-x-auto" tabIndex={-1}>
        <table aria-label="Error codes">
          <thead><tr><th>Code</th><th className="max-phone:hidden">HTTP</th><th>What it means<span className="hidden max-phone:inline">, and what to do</span></th><th className="max-phone:hidden">What to do</th></tr></thead>
          <tbody>
            {errorCodes.map(({ code, status, means, next }) => (
              <tr key={code} id={code} className="target:bg-accent-soft [&>td]:py-2.5 [&>td]:align-top">
                <td><code className="font-medium max-phone:text-11">{code}</code><span className="num mt-1 hidden text-fg-2 max-phone:block">{status}</span></td>
                <td className="num text-fg-2 max-phone:hidden">{status}</td>
                <td className="min-w-56 max-phone:min-w-0 max-phone:whitespace-normal">{means}<span className="mt-1 hidden text-fg-2 max-phone:block">{next}</span></td>
                <td className="min-w-56 text-fg-2 max-phone:hidden">{next}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
    </>
  );
}

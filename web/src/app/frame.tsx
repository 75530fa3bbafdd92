// SPDX-License-Identifier: Apache-2.0
import { Outlet, useRouterState } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { session } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { cx } from "../ui/cx.ts";
import { onFirstToast } from "../ui/toast.ts";
import { Crumbs } from "./crumbs.tsx";
import { useKeys } from "./keys.ts";
import { LiveMark, LostBanner } from "./live-mark.tsx";
import { Sidebar } from "./sidebar.tsx";
import { FindButton, Person, ThemeSwitch } from "./topbar.tsx";

const loadPalette = () => import("./palette.tsx");
const Palette = lazy(loadPalette);
const KeyMap = lazy(() => import("./key-map.tsx"));
const Toasts = lazy(() => import("../ui/toasts.tsx"));
const SignIn = lazy(() => import("../pages/session/sign-in.tsx"));
const SetUp = lazy(() => import("../pages/session/set-up.tsx"));

export function Frame() {
  const [layer, setLayer] = useState<"" | "palette" | "keys">("");
  const [toasts, setToasts] = useState(false);
  // Ready before Ctrl-K, so that what is typed right after it is not lost.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), 1500);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => onFirstToast(() => setToasts(true)), []);
  const [drawer, setDrawer] = useState(false);
  const openPalette = useCallback(() => setLayer("palette"), []);
  const openMap = useCallback(() => setLayer("keys"), []);
  const close = useCallback(() => setLayer(""), []);
  useKeys(openPalette, openMap);

  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    setDrawer(false);
    setLayer("");
  }, [path]);
  const setUp = path === "/set-up";
  const signIn = useSyncExternalStore(session.subscribe, session.needed) && !setUp;

  return (
    <>
      <a href="#main" className="sr-only z-50 focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:rounded-control focus:bg-raised focus:px-3 focus:py-2">Skip to the page</a>
      <div inert={signIn || setUp} className="grid min-h-screen grid-cols-[minmax(0,1fr)] grid-rows-[48px_minmax(0,1fr)] phone:grid-cols-[216px_minmax(0,1fr)]">
        <Sidebar open={drawer} onClose={() => setDrawer(false)} openMap={openMap} />
        <header className="sticky top-0 z-10 flex min-w-0 items-center gap-2 border-b border-line bg-bg pr-4 pl-5 max-phone:gap-0.5 max-phone:px-2">
          <Button look="quiet" icon className="phone:hidden" aria-label="Open navigation" aria-expanded={drawer} onClick={() => setDrawer(true)}><MenuIcon aria-hidden /></Button>
          <Crumbs />
          <FindButton onClick={openPalette} />
          <LiveMark />
          <ThemeSwitch />
          <Person />
        </header>
        <main id="main" tabIndex={-1} className={cx("min-w-0 px-6 pt-5 pb-8 max-phone:px-4 max-phone:pt-4 phone:col-start-2")}>
          <div className="mx-auto max-w-[1440px]">
            <LostBanner />
            <Outlet />
          </div>
        </main>
      </div>
      <Suspense fallback={null}>
        {layer === "palette" ? <Palette onClose={close} openMap={openMap} /> : null}
        {layer === "keys" ? <KeyMap onClose={close} /> : null}
        {signIn ? <SignIn /> : null}
        {setUp ? <SetUp /> : null}
        {toasts ? <Toasts /> : null}
      </Suspense>
    </>
  );
}

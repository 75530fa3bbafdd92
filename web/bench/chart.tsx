// SPDX-License-Identifier: Apache-2.0
// What `make bench-web` pans: the pages' own chart with 20 series of 10,000 points.
import { createRoot } from "react-dom/client";
import Plot from "../src/charts/plot.tsx";

const points = 10_000;
const x = Array.from({ length: points }, (_, i) => 1.7e9 + i);
const lines = Array.from({ length: 20 }, (_, n) => ({ name: `series ${n}`, values: x.map((_, i) => 20 + n + Math.sin(i / (30 + n)) * 8 + Math.sin(i * 7.3 + n)) }));
const range: [number, number] = [x[2000]!, x[7000]!];

createRoot(document.getElementById("root")!).render(<Plot title="Bench" x={x} lines={lines} time height={420} range={range} />);

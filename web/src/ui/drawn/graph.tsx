// SPDX-License-Identifier: Apache-2.0
//
// A small graph drawn from left to right: what something came from, the thing itself, what came of it.
import { type ReactNode, useMemo } from "react";

export interface GraphNode {
  id: string;
  /** Its column; negative ones stand to the left. */
  at: number;
  content: ReactNode;
}
export interface GraphEdge {
  from: string;
  to: string;
  label: string;
}

const wide = 208;
const high = 46;
const gapX = 84;
const gapY = 14;

export function Graph({ label, nodes, edges }: { label: string; nodes: GraphNode[]; edges: GraphEdge[] }) {
  const { places, width, height } = useMemo(() => layout(nodes), [nodes]);
  return (
    <div className="relative overflow-x-auto p-4" tabIndex={0} role="group" aria-label={label}>
      <div className="relative" style={{ width, height }}>
        <svg aria-hidden width={width} height={height} className="absolute inset-0">
          {edges.map((edge) => {
            const from = places.get(edge.from);
            const to = places.get(edge.to);
            if (!from || !to) return null;
            const [x1, y1, x2, y2] = [from.x + wide, from.y + high / 2, to.x, to.y + high / 2];
            const bend = Math.max(30, Math.abs(x2 - x1) / 2);
            return (
              <g key={`${edge.from} ${edge.label} ${edge.to}`}>
                <path d={`M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`} className="fill-none stroke-line-field" />
                <path d={`M${x2 - 6},${y2 - 3.5} L${x2},${y2} L${x2 - 6},${y2 + 3.5}`} className="fill-none stroke-line-field" />
                <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 4} textAnchor="middle" className="fill-fg-3 text-11 [paint-order:stroke] stroke-surface stroke-[3px]">{edge.label}</text>
              </g>
            );
          })}
        </svg>
        <ul>
          {nodes.map((node) => {
            const place = places.get(node.id)!;
            return <li key={node.id} className="absolute" style={{ left: place.x, top: place.y, width: wide, height: high }}>{node.content}</li>;
          })}
        </ul>
      </div>
    </div>
  );
}

function layout(nodes: readonly GraphNode[]): { places: Map<string, { x: number; y: number }>; width: number; height: number } {
  const columns = [...new Set(nodes.map(({ at }) => at))].sort((a, b) => a - b);
  const most = Math.max(0, ...columns.map((column) => nodes.filter(({ at }) => at === column).length));
  const height = Math.max(high, most * (high + gapY) - gapY);
  const places = new Map<string, { x: number; y: number }>();
  columns.forEach((column, i) => {
    const here = nodes.filter(({ at }) => at === column);
    const begin = (height - (here.length * (high + gapY) - gapY)) / 2;
    here.forEach((node, j) => places.set(node.id, { x: i * (wide + gapX), y: begin + j * (high + gapY) }));
  });
  return { places, width: Math.max(wide, columns.length * (wide + gapX) - gapX), height };
}

// SPDX-License-Identifier: Apache-2.0
//
// Text whose home is elsewhere, in the address say, where it arrives a moment later. The field shows what is typed at
// once; what comes back late is not put over newer text; what changes from outside is taken.
import { useLayoutEffect, useRef, useState } from "react";

export function useTyped(kept: string, keep: (text: string) => void): [text: string, type: (text: string) => void] {
  const [text, setText] = useState(kept);
  const under = useRef<string[]>([]);
  useLayoutEffect(() => {
    const arrived = under.current.lastIndexOf(kept);
    if (arrived < 0) setText(kept);
    under.current = under.current.slice(arrived + 1);
  }, [kept]);
  return [
    text,
    (next) => {
      setText(next);
      // Back to what is kept: nothing will arrive for it.
      under.current = next === kept && under.current.length === 0 ? [] : [...under.current, next];
      keep(next);
    },
  ];
}

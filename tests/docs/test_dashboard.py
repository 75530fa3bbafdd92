# SPDX-License-Identifier: Apache-2.0
"""The dashboard of packaging/grafana names only metrics, and only labels of theirs, that the reference has."""

import json
import re

COMMON = {"job", "le"}


def test_the_dashboard_names_what_there_is(root):
    known = {}
    for line in (root / "docs/reference/metrics.md").read_text().splitlines():
        if row := re.fullmatch(r"\| `(\w+)` \| (\w+) \| (.*?) \| .* \|", line):
            known[row[1]] = (row[2], set(re.findall(r"`(\w+)`", row[3])))
    dashboard = json.loads((root / "packaging/grafana/souk.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    expressions += [one["query"]["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    assert len(expressions) > 20 and len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for expression in expressions:
        named = re.findall(r"\b((?:souk|process)_\w+)(?:\{(.*?)\})?", expression)
        assert named, expression
        labels = set()
        for name, selector in named:
            base = name if name in known else re.sub("_(bucket|sum|count)$", "", name)
            assert base in known and (base == name or known[base][0] == "histogram"), f"{name} in {expression}"
            labels |= known[base][1]
            for label in re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selector or ""):
                assert label in known[base][1] | COMMON, f"{label} of {name} in {expression}"
        for group in re.findall(r"by \((.*?)\)", expression):
            assert {one.strip() for one in group.split(",")} <= labels | COMMON, expression
        assert expression.count("(") == expression.count(")") and expression.count("{") == expression.count("}"), expression
    for panel in panels:  # nothing lies over anything else, nothing reaches beyond the page
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24

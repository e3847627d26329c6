#!/usr/bin/env python3
"""Checks what proves the lower bound of plans, from plan.json and trace.csv alone.

    certificate.py PLAN.json TRACE.csv|-|? [PLAN.json TRACE.csv|-|?]...

- without a trace, ? to take the times of the plan as they are. Ends at the first bound that is not proven, and does
not know the speeds of builders."""
import csv, json, statistics, sys
def ms(seconds):
    return round(seconds * 1000)

def medians(path):
    """Closed buildArch times of the trace by (package, arch), package, arch, and all."""
    found = {}
    for row in csv.DictReader(open(path)) if len(path) > 1 else []:
        if row["method"] == "buildArch" and row["outcome"] == "closed":
            for key in ((row["package"], row["arch"]), (row["package"], ""), ("", row["arch"]), ("", "")):
                found.setdefault(key, []).append(ms(float(row["run_seconds"])))
    return {key: statistics.median(runs) for key, runs in found.items()}

def paths(plan, time):
    """The longest path to the start of each component, and from its end, in component times."""
    edges = []
    for module in plan["modules"]:
        start, end = (module["id"], 0), (module["id"], 1)
        last, edges = [start], edges + [(start, end)]
        for batch in module["batches"]:
            for component in batch["components"]:
                key = (module["id"], component["component"])
                after = [(module["id"], name) for name in component["after"]] or [start]
                before = after if module["order"] == "graph" else last
                edges += [(first, key) for first in before] + [(key, end)]
            last = [(module["id"], c["component"]) for c in batch["components"]] or last
    kept = [e for e in plan["edges"] if all(e not in cycle["cut"] for cycle in plan["cycles"])]
    mates = {one: row["modules"] for row in plan["submissions"] for one in row["modules"]}
    edges += [((edge["from"], 1), (mate, 0)) for edge in kept for mate in mates[edge["to"]]]
    head, tail, before = {}, {}, None
    while before != (before := (sum(head.values()), sum(tail.values()))):
        for a, b in edges:
            head[b] = max(head.get(b, 0), head.get(a, 0) + time.get(a, 0))
            tail[a] = max(tail.get(a, 0), tail.get(b, 0) + time.get(b, 0))
    return head, tail

def check(plan, median):
    bounds, proof = plan["bounds"], plan["bounds"]["certificate"]
    bound = ms(bounds["lower_bound_seconds"])
    whole, runs, time = ms(proof["granularity_seconds"]), {}, {}
    for module in plan["modules"]:
        for component in (c for batch in module["batches"] for c in batch["components"]):
            for task in component["tasks"]:
                package, arch, run = component["package"], task["arch"], ms(task["estimate_seconds"])
                coarser = ((package, arch), (package, ""), ("", arch), ("", ""))
                known = next((median[key] for key in coarser if key in median), 600_000) if median is not None else run
                assert task["method"] != "buildArch" or abs(known - run) < 1, (component, known)
                assert run % whole == 0, "a common divisor"
                key = module["id"], component["component"]
                runs[*key, arch], time[key] = run, max(run, time.get(key, 0))
    head, tail = paths(plan, time)
    named = [((task["module"], task["component"]), ms(task["seconds"])) for task in proof["tasks"]]
    assert len({key for key, _ in named}) == len(named), "each task once"
    work = sum(run for _, run in named)
    if proof["kind"] == "path":
        for at, (key, run) in enumerate(named):
            assert (head.get(key, 0), time[key]) == (sum(r for _, r in named[:at]), run), key
        assert work == bound, (work, bound)
    else:
        first, last = ms(proof["head_seconds"]), ms(proof["tail_seconds"])
        for key, run in named:
            assert sum(runs.get((*key, arch), 0) for arch in proof["arches"]) == run, key
            assert head.get(key, 0) >= first and tail.get(key, 0) >= last, key
        assert work == ms(proof["work_seconds"]), "the work is the sum"
        end = first - -work // proof["capacity"] + last
        assert -(-end // whole) * whole == bound, (end, bound)
    end = None if bounds["schedule_seconds"] is None else ms(bounds["schedule_seconds"])
    assert end is None or end >= bound, "no schedule is shorter"
    assert bounds["is_optimal"] == (end == bound)

for plan, trace in zip(sys.argv[1::2], sys.argv[2::2]):
    check(json.load(open(plan)), None if trace == "?" else medians(trace))
